"""Run by an arm64 Python without a library: `ask_models.py KERNEL_FOLDER FOLDER`.

Answers every output of each NAME.poner in FOLDER for the rows in NAME.rows: NAME.OUTPUT.bits.
"""

import posix
import sys

sys.path.insert(0, sys.argv[1])

import _kernel  # found by the line above

folder = sys.argv[2]
for name in posix.listdir(folder):
    if not name.endswith(".poner"):
        continue
    path = folder + "/" + name[: -len("poner")]
    with open(path + "poner", "rb") as file, open(path + "rows", "rb") as rows_file:  # noqa: PTH123
        model, rows = _kernel.open_model(file.read()), rows_file.read()
    for output, _ in _kernel.list_outputs(model):
        with open(path + str(output) + ".bits", "wb") as file:  # noqa: PTH123
            file.write(_kernel.evaluate(model, output, rows))
print(posix.uname().machine)
