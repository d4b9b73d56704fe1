"""What `poner.save` makes of texts, of several outputs, and of what predicts without a target."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from poner.errors import SignatureError
from poner.loader import open_model
from poner.loader.saving import save
from tests.support.saving import CLASSES, ROWS, fitted_tree, kept_rows, signature_in

pytestmark = pytest.mark.filterwarnings("error")  # nothing that `save` does warns


def test_several_outputs_have_classes_each(tmp_path):
    """Classes are a tuple an output; the target has the names of y's columns."""
    y = pd.DataFrame({"ill": ["no", "yes"] * 2, "ward": ["a", "b", "c", "a"]})
    folder = save(fitted_tree(y=y), ROWS, y, tmp_path)
    signature = signature_in(folder)
    assert signature.classes == (("no", "yes"), ("a", "b", "c"))
    assert signature.output_classes == signature.classes
    assert signature.target == "ill, ward"


def test_several_outputs_of_a_regressor(tmp_path):
    """A regressor's outputs are values, and have no classes."""
    y = np.column_stack([CLASSES, 1 - CLASSES])
    folder = save(LinearRegression().fit(ROWS, y), ROWS, y, tmp_path)
    assert signature_in(folder).classes is None


@pytest.mark.parametrize(
    "model",
    [
        RidgeClassifier(),
        OneVsRestClassifier(LogisticRegression()),
        make_pipeline(StandardScaler(), MLPClassifier((2,), tol=1.0, n_iter_no_change=1)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_several_labels_a_row_are_outputs_of_0_and_1(tmp_path, model):
    """A model of several labels says of each whether it applies, however it keeps its classes."""
    y = np.column_stack([CLASSES, 1 - CLASSES, [1, 1, 0, 0]])
    folder = save(model.fit(ROWS, y), ROWS, y, tmp_path)
    assert signature_in(folder).classes == ((0, 1),) * 3


@pytest.mark.parametrize(
    ("model", "classes"),
    [
        (IsolationForest(n_estimators=3), (-1, 1)),
        (make_pipeline(StandardScaler(), OneClassSVM()), (-1, 1)),
        (LocalOutlierFactor(2, novelty=True), (-1, 1)),
        (KMeans(3, n_init=1), (0, 1, 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_answered_without_a_target_counts_as_classes(tmp_path, model, classes):
    """An outlier detector answers -1 or 1, a clusterer the number of a cluster."""
    folder = save(model.fit(ROWS), ROWS, CLASSES, tmp_path)
    assert signature_in(folder).classes == classes
    with open_model(folder) as opened:
        assert opened.signature.classes == classes


# Texts

TEXTS = pd.DataFrame({"size": [1.0, 2, 3, 4], "colour": ["red", "blue", None, "red"]})


def fitted_on_texts(X=TEXTS):
    """Fit a pipeline that encodes the texts."""
    columns = ColumnTransformer(
        [("one", OneHotEncoder(handle_unknown="ignore"), ["colour"])], remainder="passthrough"
    )
    return make_pipeline(columns, DecisionTreeClassifier(random_state=0)).fit(X, CLASSES)


def test_texts_are_categories(tmp_path):
    """A column of texts has their kind, and the texts that were seen."""
    features = signature_in(save(fitted_on_texts(), TEXTS, CLASSES, tmp_path)).features
    assert [feature.kind for feature in features] == ["number", "category"]
    assert features[0].categories == ()
    assert features[1].categories == ("blue", "red")
    assert features[1].missing
    assert features[1].quantiles == ()


def test_training_rows_keep_texts(tmp_path):
    """Texts as they are, null for what is missing, numbers beside them."""
    save(fitted_on_texts(), TEXTS, CLASSES, tmp_path)
    assert kept_rows(tmp_path)["rows"] == [[1.0, "red"], [2.0, "blue"], [3.0, None], [4.0, "red"]]


@pytest.mark.parametrize("dtype", ["category", "str", "string", object])
def test_texts_come_in_any_dtype(tmp_path, dtype):
    """Whatever pandas keeps texts as, they are texts."""
    X = TEXTS.fillna({"colour": "none"}).astype({"colour": dtype})
    features = signature_in(save(fitted_on_texts(X), X, CLASSES, tmp_path)).features
    assert features[1].categories == ("blue", "none", "red")


def test_at_most_a_thousand_texts_are_kept(tmp_path):
    """A column of names does not become the signature."""
    X = pd.DataFrame({"size": np.arange(1500.0), "colour": [f"c{i:04}" for i in range(1500)]})
    model = make_pipeline(
        ColumnTransformer(
            [("size", "passthrough", ["size"]), ("colour", OneHotEncoder(), ["colour"])]
        ),
        DecisionTreeRegressor(max_depth=2),
    )
    model.fit(X, X["size"])
    kept = signature_in(save(model, X, X["size"], tmp_path)).features[1].categories
    assert len(kept) == 1000
    assert kept[0] == "c0000"


def test_booleans_beside_texts_are_numbers(tmp_path):
    """True is 1 and False is 0."""
    X = TEXTS.assign(size=[True, False, True, False])
    save(fitted_on_texts(X), X, CLASSES, tmp_path)
    assert [row[0] for row in kept_rows(tmp_path)["rows"]] == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("labels", [["a", "b"], {"0": "a", "1": "b"}], ids=["list", "mapping"])
def test_labels_for_several_outputs_are_refused(tmp_path, labels):
    """Labels are for one output: which of several they would be for, no one says."""
    y = np.column_stack([CLASSES, 1 - CLASSES])
    with pytest.raises(SignatureError, match="predicts 2 things at once"):
        save(fitted_tree(y=y), ROWS, y, tmp_path, labels=labels)
