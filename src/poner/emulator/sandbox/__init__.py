"""Where the function's processes run: unpacked code, isolation, start, supervision, Runtime API."""
