"""Asks an ONNX graph with onnxruntime: `ask_graph.py GRAPH ROWS`, run beside it by a test.

ROWS is a JSON object of columns by input name; prints the outputs as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

NUMBERS = {"tensor(double)": np.float64, "tensor(float)": np.float32}

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
rows = json.loads(Path(sys.argv[2]).read_text())
fed = {
    one.name: np.array(rows[one.name], NUMBERS.get(one.type, object))
    for one in session.get_inputs()
}
answered = [output.tolist() for output in session.run(None, fed)]
print(json.dumps([[one.name for one in session.get_inputs()], answered]))
