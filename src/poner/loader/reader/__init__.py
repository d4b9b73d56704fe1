"""reader: what runs beside an untrusted model file, in a child process of its own.

In comes the content of a model file, over a pipe. Out go the globals it names (`listing`), or the
estimator taken apart into plain data (`describe`) and its answers on rows (`answers`).

It must not import anything of poner: the child loads this folder by its location, under the name
`poner_reader`, in whatever environment the model needs. So it keeps to the standard library, to
numpy and scikit-learn where a function needs them, and to what Python 3.9 understands. The one
exception is `poner_runtime.fitted`, which keeps to the same, and is loaded by location too.
"""

MODULES_FOLDER = "modules"
"""Folder within the child's scratch folder with copies of the user's own modules."""
