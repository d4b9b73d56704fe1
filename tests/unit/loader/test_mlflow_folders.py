"""Folders of MLflow: the model file, names and versions they give, and what they cannot do."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from poner import loader
from poner.errors import ModelUnreadableError
from poner.loader.mlflow_folders import read_folder
from poner.loader.model_files import find_model_file

MLMODEL = """\
artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
model_uuid: m-5d7ff
signature:
  inputs: '[{"type": "double", "name": "mean area", "required": true}, {"type": "long",
    "name": "age", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
utc_time_created: '2026-11-30 09:00:00.000001'
"""
"""As mlflow.sklearn.save_model writes it."""

REQUIREMENTS = (
    "mlflow==3.17.2\ncloudpickle==3.1.2\nNumPy==2.4.6\nscikit-learn==1.9.1\n-r other.txt\n"
)


@pytest.fixture
def folder(tmp_path):
    """A folder with a model of two columns without names."""
    rows = np.random.default_rng(0).normal(size=(40, 2))
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    (tmp_path / "MLmodel").write_text(MLMODEL)
    (tmp_path / "requirements.txt").write_text(REQUIREMENTS)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    (tmp_path / "input_example.joblib").write_bytes(b"")
    return tmp_path


def refusal(folder, text):
    """What the folder raises with another MLmodel."""
    (folder / "MLmodel").write_text(text)
    with pytest.raises(ModelUnreadableError) as caught:
        find_model_file(folder)
    return caught.value


@pytest.mark.parametrize("name", ["", "model.pkl"])
def test_a_folder_is_opened_with_the_names_of_its_signature(name, folder):
    """The flavor names the file; names come from the inputs, versions from requirements.txt."""
    with loader.open_model(folder / name) as model:
        assert [feature.column for feature in model.signature.features] == ["mean area", "age"]
        assert model.signature.wire_names == ("meanArea", "age")
        assert model.file.libraries["numpy"] == "2.4.6"
        assert model.provenance.file_name == "model.pkl"


def test_names_of_the_users_come_first(folder):
    """A name on the command line is nearer than a file."""
    with loader.open_model(folder, feature_names=["a", "b"]) as model:
        assert model.signature.wire_names == ("a", "b")


def test_only_pinned_versions_count(folder):
    """Options, ranges and texts that are no version are left out."""
    (folder / "requirements.txt").write_text(
        "numpy>=1\nscipy==1.2;x\n--index-url==1.0\nxgboost==2.0\n"
    )
    assert read_folder(folder).versions == {"scikit-learn": "1.9.1", "xgboost": "2.0"}


@pytest.mark.parametrize(
    ("flavor", "key"), [("lightgbm", "lgb_version"), ("xgboost", "xgb_version")]
)
def test_a_flavor_of_a_booster_names_its_file_and_version(flavor, key, folder):
    """The version counts where the model file records none."""
    flavors = {"flavors": {flavor: {"data": "model.pkl", key: "4.1.0"}}}
    (folder / "MLmodel").write_text(str(flavors).replace("'", '"'))
    found = read_folder(folder)
    assert found.file == folder / "model.pkl"
    assert found.versions[flavor] == "4.1.0"
    assert found.feature_names is None


def test_a_booster_in_its_own_format_is_named(folder):
    """XGBoost's flavor saves no estimator but a booster."""
    (folder / "model.pkl").write_bytes(b'{"learner":{"attributes":{}}}')
    with (
        pytest.raises(ModelUnreadableError, match="booster in XGBoost's own format"),
        loader.open_model(folder),
    ):
        pass


def test_code_of_the_folder_is_never_run(folder):
    """python_function alone is code to import; nothing of it is."""
    error = refusal(
        folder, "flavors:\n  python_function:\n    loader_module: evil\n    code: code\n"
    )
    assert "no flavor that poner reads" in error.message
    assert "python_function" in error.message


@pytest.mark.parametrize("name", ["../secret.pkl", "/etc/passwd", "", "null", "[1]", '"a\\0b"'])
def test_the_model_file_lies_inside_the_folder(name, folder):
    """MLmodel cannot name another file of the user's."""
    error = refusal(folder, f"flavors: {{sklearn: {{pickled_model: {name}}}}}")
    assert "no model file inside the folder" in error.message


def test_a_model_file_can_be_named_beside_a_damaged_mlmodel(folder):
    """What the message about MLmodel advises works."""
    (folder / "MLmodel").write_text("flavors: [")
    with loader.open_model(folder / "model.pkl") as model:
        assert model.signature.wire_names == ("x0", "x1")


def test_a_link_out_of_the_folder_is_refused(folder):
    """The file behind a link counts, not the link's place."""
    (folder / "model.pkl").unlink()
    (folder / "model.pkl").symlink_to("/etc/passwd")
    with pytest.raises(ModelUnreadableError, match="no model file inside"):
        find_model_file(folder)


@pytest.mark.parametrize(
    "text",
    [
        "flavors: [",
        "- 1",
        "[" * 5_000,
        "!!python/object/apply:os.system [touch mark]",
        "a: &a {x: 1}\nflavors: {<<: [*a, *a]}",
        "created: 2026-99-99\nflavors: {}",
        "{[1]: 2}",
    ],
    ids=["cut", "a list", "deep", "a call", "aliases", "a date", "a key"],
)
def test_a_damaged_or_hostile_mlmodel_is_one_clean_error(text, folder):
    """Only plain YAML without aliases is read, within bounds."""
    assert "is not the YAML file of an MLflow model" in refusal(folder, text).message
    assert not (folder / "mark").exists()


def test_a_huge_mlmodel_is_not_read(folder):
    """More than 4 MiB is no list of flavors."""
    assert "too large" in refusal(folder, "#" * (4 << 20) + "\nflavors: {}").message
