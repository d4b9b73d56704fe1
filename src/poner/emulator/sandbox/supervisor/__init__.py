"""Forks sandboxes, and in each starts, watches, kills and reaps the function's processes.

It runs in a process of its own, started by path (start.py), with only the standard library. A
sandbox is forked from it for each environment, which takes a few milliseconds. Where the plan says
so, the sandbox is process 1 of a PID namespace, so that the kernel kills whatever is in it when it
ends; elsewhere it is the subreaper of what it starts. Everything ends when poner's end of a socket
is closed, however poner ends.
"""
