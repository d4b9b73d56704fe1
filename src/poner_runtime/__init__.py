"""What ships to AWS Lambda: the HTTP contract, and a way to ask the model for each engine.

Runs on Python 3.9 and later. The handler and the native engine, a kernel in C, need only the
standard library. They import only what the first request needs, without `typing` and `__future__`:
annotations that Python 3.9 cannot evaluate are strings. The other engines import numpy and more
from their layers, so these two imports cost them little.
"""
