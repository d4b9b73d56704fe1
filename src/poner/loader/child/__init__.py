"""child: what runs beside an untrusted model file, in a confined process of its own.

In come requests over a pipe (`frames`). Out go the globals that a file names, the estimator taken
apart into plain data (`description`), its answers on rows (`estimators`), the model in canonical
form, or the model converted to ONNX (`conversion`).

It must not import anything of poner but `safe_pickle` and `poner_runtime.fitted`: the process loads
these three by their location (`start`), in whatever environment the model needs. So this folder
keeps to the standard library and to Python 3.9, and imports numpy and scikit-learn inside functions
that need them.
"""

MODULES_FOLDER = "modules"
"""Folder within the child's scratch folder with copies of the user's own modules."""
