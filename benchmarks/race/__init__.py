"""The race of the compiled models: who predicts faster, one row and many, with one thread."""
