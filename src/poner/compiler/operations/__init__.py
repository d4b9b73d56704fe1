"""The operations of which Programs consist, one module per family.

An operation is a frozen dataclass that says all that the compiler needs to know (operation.py). Its
array fields, in their order, are the arrays that the kernel reads, and its option is an enumeration
or a flag.

A new operation is in three places: the dataclass here; in C a check and a function, with a row in
kernel/operations.h; a line in docs/model_format.md. A test compares its numbers with C.
"""
