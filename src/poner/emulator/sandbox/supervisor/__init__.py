"""The supervisor: forks sandboxes, which start, watch, kill and reap the function's processes.

The supervisor is a separate process, started by path (start.py), that uses only the standard
library. It forks one sandbox for each environment, in a few milliseconds. An isolated sandbox is
process 1 of a PID namespace, so the kernel kills all of its processes when it ends; any other
sandbox is the subreaper of the processes it starts. Supervisor and sandboxes end when poner's end
of their socket is closed, however poner ends.
"""
