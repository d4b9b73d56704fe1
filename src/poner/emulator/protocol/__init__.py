"""What Lambda says and is told: events, responses, CORS, signatures and log lines.

Pure functions over values: nothing here opens a file or a socket, or starts a process.
"""
