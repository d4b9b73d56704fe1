"""What ships to AWS Lambda: the HTTP contract and a kernel in C; the standard library only.

Runs on Python 3.9 and later. Nothing is imported that the first request does not need, so there
is no `typing` and no `__future__` here: annotations that Python 3.9 cannot evaluate are strings.
"""
