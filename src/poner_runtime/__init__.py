"""What ships to AWS Lambda: the HTTP contract, and a way to ask the model for each engine.

Runs on Python 3.9 and later. The handler and the native engine, a kernel in C, need the standard
library only. Nothing is imported that the first request does not need, so there is no `typing` and
no `__future__` in them: annotations that Python 3.9 cannot evaluate are strings. Beside numpy and
what else the other engines have in their layers that would save nothing.
"""
