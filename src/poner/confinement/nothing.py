"""A program that does nothing: run confined, it shows what this machine can keep a program from."""
