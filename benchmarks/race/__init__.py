"""The race of compiled models and other engines: times for one row and many, with one thread."""
