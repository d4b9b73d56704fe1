"""The operations that a Program is made of, a module a family.

An operation is a frozen dataclass that says all that the compiler needs to know (operation.py). Its
array fields, in their order, are the arrays that the kernel reads, and its option is an enumeration
or a flag.

A new operation is three places: the dataclass here; in C a check and a function, with their row in
kernel/operations.h; a line in docs/model_format.md. A test compares its numbers with C.
"""
