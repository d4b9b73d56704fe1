"""Makes the ONNX graphs of this folder, and `answers.json` with scikit-learn's own answers.

Run with scikit-learn 1.9.1, skl2onnx 1.20.0 and onnx 1.23.2: `python make_graphs.py`.
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent
OPSETS = {"": 18, "ai.onnx.ml": 3}
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 3)).astype(np.float32)
TWO = (X[:, 0] + X[:, 1] > 0).astype(int)
TEXTS = np.where(X[:, 2] > 0, "yes", "no")


def table():
    """Whole numbers, two columns of texts, and numbers: (200, 4) objects."""
    rows = np.empty((200, 4), dtype=object)
    rows[:, 0] = RANDOM.integers(18, 80, 200).tolist()
    rows[:, 1] = RANDOM.choice(["Bonn", "Oslo", "Rome"], 200).tolist()
    rows[:, 2] = RANDOM.choice(["L", "S"], 200).tolist()
    rows[:, 3] = X[:, 0].tolist()
    return rows


def save(name, model):
    """Write a graph."""
    model.ir_version = 8
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def convert(name, estimator, rows, types=None, **options):
    """Write the graph of an estimator; its own answers for twenty rows."""
    types = types or [("input", FloatTensorType([None, rows.shape[1]]))]
    graph = to_onnx(estimator, initial_types=types, target_opset=OPSETS, **options)
    save(name, graph)
    asked = rows[:20]
    answers = {"rows": asked.tolist(), "predict": estimator.predict(asked).tolist()}
    if hasattr(estimator, "predict_proba") and name != "several":
        answers["predict_proba"] = estimator.predict_proba(asked).tolist()
    return answers


def network(name, shape, *, external=False):
    """A graph without scikit-learn: the softmax of a product, as other libraries export."""
    weights = numpy_helper.from_array(X[:3].copy(), "weights")
    if external:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        place = weights.external_data.add()
        place.key, place.value = "location", "../secrets.bin"
    nodes = [
        helper.make_node("MatMul", ["input", "weights"], ["product"]),
        helper.make_node("Softmax", ["product"], ["output"], axis=-1),
    ]
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
    given = helper.make_tensor_value_info("output", TensorProto.FLOAT, [*shape[:-1], 3])
    graph = helper.make_graph(nodes, name, [taken], [given], [weights])
    save(name, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]))


def softmax(rows):
    """The network's answers, computed by numpy."""
    product = np.exp(rows @ X[:3].astype(np.float64))
    return (product / product.sum(axis=1, keepdims=True)).tolist()


ROWS = table()
COLUMNS = ColumnTransformer(
    [("numbers", StandardScaler(), [0, 3]), ("texts", OneHotEncoder(), [1, 2])]
)
TYPES = [
    ("age", Int64TensorType([None, 1])),
    ("city", StringTensorType([None, 1])),
    ("size", StringTensorType([None, 1])),
    ("score", FloatTensorType([None, 1])),
]
FOREST = RandomForestClassifier(5, random_state=0).fit(X, TEXTS)
ANSWERS = {
    "zipmap": convert("zipmap", LogisticRegression().fit(X, TWO), X),
    "forest": convert("forest", FOREST, X, options={"zipmap": False}),
    "regressor": convert("regressor", LinearRegression().fit(X, X[:, :2]), X),
    "clusters": convert("clusters", KMeans(3, n_init=1, random_state=0).fit(X), X),
    "outliers": convert("outliers", IsolationForest(n_estimators=5, random_state=0).fit(X), X),
    "mixed": convert(
        "mixed", make_pipeline(COLUMNS, LogisticRegression()).fit(ROWS, TEXTS), ROWS, TYPES
    ),
    "one_row": {"rows": X[:20].tolist(), "predict": softmax(X[:20])},
}
several = MultiOutputClassifier(LogisticRegression()).fit(X, np.stack([TWO, 1 - TWO], axis=1))
convert("several", several, X)
network("one_row", [1, 3])
network("external", ["rows", 3], external=True)
network("images", ["rows", 8, 8, 3])
network("any_width", ["rows", "features"])
(FOLDER / "answers.json").write_text(json.dumps(ANSWERS) + "\n")
