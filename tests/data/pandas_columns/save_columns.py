"""Pickles columns as pandas holds them; run as `python save_columns.py FILE.json` in Python 3.7+.

The file gets, by kind, a pickle in base64 and the list that it stands for.
"""

import base64
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd

FRAME = pd.DataFrame({"age": [1.0, 2.0], "colour": ["red", "blue"], "count": [1, 2]})
MAKERS = {
    "all columns": lambda: FRAME.columns,
    "numbers": lambda: FRAME.select_dtypes("number").columns,
    "texts": lambda: FRAME.select_dtypes(exclude="number").columns,
    "positions": lambda: pd.Index([0, 2]),
    "range": lambda: pd.DataFrame(np.zeros((1, 3))).columns,
    "text index": lambda: pd.Index(["a", "b"], dtype="string"),
    "text array": lambda: pd.array(["a", "b", None], dtype="string"),
    "arrow array": lambda: pd.array(["a", "b", None], dtype="string[pyarrow]"),
}

found = {}
for kind, make in MAKERS.items():
    try:
        made = make()
    except (ImportError, TypeError, AttributeError):  # a dtype of later versions, or of pyarrow
        continue
    expected = [None if value is getattr(pd, "NA", None) else value for value in list(made)]
    expected = [None if value != value else value for value in expected]
    content = base64.b64encode(pickle.dumps(made, 4)).decode()
    plain = [value.item() if hasattr(value, "item") else value for value in expected]
    found[kind] = {"pickle": content, "columns": plain}
with Path(sys.argv[1]).open("w") as file:
    json.dump({"pandas": pd.__version__, "kinds": found}, file, indent=1)
