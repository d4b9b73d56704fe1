"""Lambda's formats: events, responses, CORS, signatures and log lines.

Pure functions over values: this package opens no files or sockets and starts no processes.
"""
