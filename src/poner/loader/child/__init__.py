"""child: the program of the confined process that reads an untrusted model file.

In come requests over a pipe (`frames`). Out go the globals that a file names, the estimator as
plain data (`description`), its answers on rows (`estimators`), the model in canonical form, or the
model converted to ONNX (`conversion`).

This package may import only `safe_pickle` and `poner_runtime.fitted` from poner. The process loads
all three by their location (`start`), in whatever environment the model needs. So this package
keeps to the standard library and to Python 3.9, and imports numpy and scikit-learn inside the
functions that need them.
"""

MODULES_FOLDER = "modules"
"""Folder within the child's scratch folder with copies of the user's own modules."""
