"""The function's processes: unpacking, isolation, start, supervision and the Runtime API."""
