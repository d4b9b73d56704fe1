"""What lies beside a model file is named by the files' names, and none of them is opened."""

import os
import pickle
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from poner import loader
from poner.errors import ModelUnreadableError
from poner.loader.neighbours import describe_unused, find_neighbours, model_beside, role_of

ROWS = [[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]]

ROLES = {
    "step": [
        "scaler.pkl", "StandardScaler.sav", "my_minmax_scaler.joblib", "scalar.pkl", "X_scaler.pkl",
        "tfidf.pkl", "vectorizer.pkl", "count-vectoriser.pickle", "preprocessor.joblib", "pca2.pkl",
        "columnTransformer.skops", "ohe.pkl", "imputer.pkl", "sc.pkl", "scaler_v2.pkl",
    ],
    "encoder": ["encoder.pkl", "label_encoder.joblib", "le.pkl", "LabelEncoders.pkl", "le_sex.pkl"],
    "labels": ["classes.pkl", "labels.pkl", "target.pkl", "class_labels.pkl"],
    "names": ["columns.pkl", "feature_names.joblib", "features.json", "model_columns.pkl"],
    "model": ["model.pkl", "clf.sav", "random_forest.joblib", "churn.pkl"],
    "other": ["y_scaler.pkl", "target_scaler.joblib", "train.csv", "config.json", "scaler.h5"],
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_the_name_of_a_file_says_what_it_may_hold(role):
    """Names of real projects; a scaler of the target is no step."""
    assert {name: role_of(Path(name)) for name in ROLES[role]} == dict.fromkeys(ROLES[role], role)


def test_each_neighbour_is_named_with_its_option(tmp_path):
    """Those that the user named already are not."""
    for name in ("model.pkl", "scaler.pkl", "label_encoder.pkl", "pca.pkl", "columns.json"):
        (tmp_path / name).touch()
    (tmp_path / "tfidf.pkl").mkdir()
    found = find_neighbours(tmp_path / "model.pkl", [tmp_path / "pca.pkl"])
    assert describe_unused(tmp_path / "model.pkl", found, has_names=False, has_labels=False) == [
        f"columns.json beside model.pkl is not used: if it lists the features, add `--features "
        f"{tmp_path}/columns.json`.",
        f"label_encoder.pkl beside model.pkl is not used: if it encodes the target, add "
        f"`--target-labels {tmp_path}/label_encoder.pkl`; if it encodes columns, add `--before "
        f"{tmp_path}/label_encoder.pkl`.",
        f"scaler.pkl beside model.pkl is not used: if rows pass through it before the model, add "
        f"`--before {tmp_path}/scaler.pkl`.",
    ]


def test_names_and_labels_that_are_known_are_not_asked_for(tmp_path):
    """A LabelEncoder may still be of a column."""
    for name in ("model.pkl", "classes.pkl", "le.pkl", "columns.pkl"):
        (tmp_path / name).touch()
    said = describe_unused(
        tmp_path / "model.pkl",
        find_neighbours(tmp_path / "model.pkl"),
        has_names=True,
        has_labels=True,
    )
    assert said == [
        "le.pkl beside model.pkl is not used: if it encodes columns, add "
        f"`--before {tmp_path}/le.pkl`."
    ]


def test_a_lone_scaler_names_the_only_model_beside_it(tmp_path):
    """Of several models none is named; none of the files is opened, for they may be pipes."""
    (tmp_path / "scaler.pkl").write_bytes(pickle.dumps(StandardScaler().fit(ROWS)))
    os.mkfifo(tmp_path / "pipe.pkl")
    (tmp_path / "churn.pkl").touch()
    assert model_beside(find_neighbours(tmp_path / "scaler.pkl")) == str(tmp_path / "churn.pkl")
    with (
        pytest.raises(ModelUnreadableError, match="StandardScaler, which prepares rows") as caught,
        loader.open_model(tmp_path / "scaler.pkl"),
    ):
        pass
    assert f"`poner build {tmp_path}/churn.pkl --before {tmp_path}/scaler.pkl`" in caught.value.hint
    (tmp_path / "forest.pkl").touch()
    assert model_beside(find_neighbours(tmp_path / "scaler.pkl")) == "MODEL"


def test_a_build_of_the_model_alone_says_what_lies_beside_it(in_process, tmp_path):
    """The rows of a request may have to pass the scaler first."""
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression().fit(ROWS, [0, 1, 0])))
    (tmp_path / "scaler.pkl").write_text("never opened")
    lines = []
    with loader.open_model(tmp_path / "model.pkl", notify=lines.append):
        assert any(line.startswith("scaler.pkl beside model.pkl is not used") for line in lines)
