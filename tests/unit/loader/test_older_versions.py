"""Models of old scikit-learns: the names, attributes and refusals of their time."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import poner
from poner import engines, loader
from poner.artifacts import Table
from poner.errors import (
    InterpreterNotFoundError,
    ModelStoppedError,
    ModelUnreadableError,
    NotSupportedError,
)
from poner.loader.child_oracle import ChildOracle
from poner.loader.environments import environment_of
from poner.loader.safe_pickle import (
    FileRefusedError,
    FileUnreadableError,
    load_content,
    older_attributes,
)
from poner.loader.safe_pickle.allowed import is_allowed
from poner.loader.safe_pickle.newest_names import newest_name
from poner.loader.versions import naming_version

COLUMNS = sorted((Path(__file__).parents[2] / "data" / "pandas_columns").glob("*.json"))


def file_of(folder: Path, version: str) -> Path:
    """A model file that says it was fitted with a version."""
    encoded = version.encode()
    state = b"}\x8c\x10_sklearn_version\x8c" + bytes([len(encoded)]) + encoded + b"s"
    content = b"\x80\x04csklearn.linear_model.ridge\nRidge\n)\x81" + state + b"b."
    (folder / "clf.sav").write_bytes(content)
    return folder / "clf.sav"


@pytest.mark.parametrize(
    ("module", "name", "newest"),
    [
        ("sklearn.svm.classes", "SVC", ("sklearn.svm._classes", "SVC")),
        (
            "sklearn.tree.tree",
            "ExtraTreeClassifier",
            ("sklearn.tree._classes", "ExtraTreeClassifier"),
        ),
        ("sklearn.utils", "Bunch", ("sklearn.utils._bunch", "Bunch")),
        ("scipy.sparse.csr", "csr_matrix", ("scipy.sparse._csr", "csr_matrix")),
        ("sklearn.svm._classes", "SVC", ("sklearn.svm._classes", "SVC")),
    ],
)
def test_a_renamed_class_is_known_by_its_newest_name(module, name, newest):
    """A name of today is its own newest name."""
    assert newest_name(module, name) == newest
    assert is_allowed(module, name, ["new"])


def test_a_function_of_a_renamed_module_is_not_allowed_for_its_module():
    """The allow-list holds names, never modules."""
    assert not is_allowed("sklearn.svm.classes", "system", [])
    assert not is_allowed("sklearn.externals.joblib.numpy_pickle", "load", ["call"])


@pytest.mark.parametrize("path", COLUMNS, ids=lambda path: path.stem)
def test_columns_of_pandas_are_read_as_lists(path):
    """Indexes and string arrays of pandas 0.25 to 3, with and without pyarrow."""
    for kind, saved in json.loads(path.read_text(encoding="utf-8"))["kinds"].items():
        content = base64.b64decode(saved["pickle"])
        read = load_content(content)
        assert (kind, read) == (kind, saved["columns"])
        assert type(read) is list


@pytest.mark.parametrize(("stop", "step"), [(1 << 40, 1), (10, 0), (None, 1), ("a", 1)])
def test_a_range_of_columns_is_no_larger_than_its_file(stop, step):
    """A few bytes do not become a list of a billion numbers."""
    parts = pickle.dumps({"start": 0, "stop": stop, "step": step}, 4)[2:-1]
    content = b"\x80\x04cpandas.core.indexes.base\n_new_Index\n"
    content += b"cpandas.core.indexes.range\nRangeIndex\n" + parts[9:] + b"\x86R."
    with pytest.raises((FileRefusedError, FileUnreadableError), match=r"array|_new_Index"):
        load_content(content)


@pytest.mark.parametrize("save", [False, True], ids=["pickle", "poner.save"])
def test_columns_chosen_by_an_index_compile(save, tmp_path):
    """From a bare pickle as from a folder of poner.save."""
    random = np.random.default_rng(0)
    X = pd.DataFrame({"age": random.normal(size=40), "colour": ["red", "blue"] * 20})
    chosen = ColumnTransformer(
        [
            ("number", StandardScaler(), X.select_dtypes("number").columns),
            ("text", OneHotEncoder(), X.select_dtypes(exclude="number").columns),
        ]
    )
    model = make_pipeline(chosen, LinearRegression()).fit(X, X["age"] * 2)
    if save:
        poner.save(model, X, X["age"] * 2, tmp_path)
    else:
        (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with loader.open_model(tmp_path) as trained:
        compiled = engines.compile_trained(trained)
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-12)


def test_random_states_of_numpy_before_1_17_are_read():
    """Under their own constructor, with a tuple as state."""
    key = pickle.dumps(np.arange(624, dtype=np.uint32), 2)[2:-1]
    content = b"\x80\x02cnumpy.random\n__RandomState_ctor\n)R(U\x07MT19937" + key
    content += b"K\x05K\x00G\x00\x00\x00\x00\x00\x00\x00\x00tb."
    assert load_content(content).get_state()[2] == 5
    with pytest.raises(FileUnreadableError, match="inconsistent"):
        load_content(content.replace(b"K\x05K\x00G", b"M\xff\xffK\x00G"))


def test_a_ufunc_of_an_old_numpy_is_read_by_its_name():
    """Of the ufuncs that a file may mention, and of nothing else."""
    named = b"\x80\x02cnumpy.core\n_ufunc_reconstruct\nU\x05numpyU\x04sqrt\x86R."
    assert load_content(named) is np.sqrt
    for other in (b"U\x02osU\x06system", b"U\x05numpyU\x04load"):
        with pytest.raises(FileRefusedError):
            load_content(named.replace(b"U\x05numpyU\x04sqrt", other))


def test_python_2_wrote_the_bytes_of_arrays_as_texts():
    """Protocol 2: latin-1 characters stand for bytes."""
    content = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    content += (
        b"(K\x01K\x01\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
    )
    content += b"J\xff\xff\xff\xffK\x00tb\x89U\x08" + np.float64(-0.1).tobytes() + b"tb."
    assert load_content(content).tolist() == [-0.1]


def test_protocol_0_of_python_2_is_refused_by_name():
    """Its texts are escaped bytes, which no reader of Python 3 takes."""
    with pytest.raises(FileUnreadableError, match=r"Python 2 in its protocol 0"):
        load_content(b"S'\\xdf'\np0\n.")


def test_a_version_before_the_first_is_refused_by_its_age(tmp_path):
    """Not for the names that such a file has."""
    path = file_of(tmp_path, "0.18.2")
    with pytest.raises(ModelUnreadableError) as caught, loader.open_model(path):
        pass
    assert "scikit-learn 0.18.2; poner reads models of 0.19 and later" in caught.value.message
    with pytest.raises(ModelUnreadableError, match=r"0\.18\.2"):
        loader.identify_model(path)


def test_every_refusal_names_the_version():
    """Also that of a converter, which does not know the version."""
    with pytest.raises(NotSupportedError) as caught, naming_version("0.21.3"):
        raise NotSupportedError("model: not compiled.", "Do this.", step="model")
    assert caught.value.message.endswith("The model was fitted with scikit-learn 0.21.3.")
    with pytest.raises(NotSupportedError) as caught, naming_version("0.21.3"):
        raise NotSupportedError("Not by scikit-learn 0.21.3.", "Do this.", step="model")
    assert caught.value.message == "Not by scikit-learn 0.21.3."


@pytest.mark.parametrize(
    ("version", "python"),
    [("0.19.0", "3.7"), ("0.21.3", "3.7"), ("0.23.2", "3.8"), ("0.24.2", "3.9")],
)
def test_each_old_version_is_read_with_a_python_that_has_its_wheels(version, python):
    """With poner's own Python tried for none of them."""
    asked = []

    def make(python_version, wanted):
        asked.append((python_version, wanted[0]))
        return Path("/python")

    environment_of(version, make)
    assert asked == [(python, f"scikit-learn=={'0.19.2' if version == '0.19.0' else version}")]


def test_without_the_old_python_both_ways_out_are_named():
    """Neither the network nor the file is blamed."""

    def make(python_version, wanted):
        raise InterpreterNotFoundError(f"Python {python_version} is not there.", "Install it.")

    with pytest.raises(ModelUnreadableError) as caught:
        environment_of("0.21.3", make)
    assert "scikit-learn 0.21.3" in caught.value.message
    assert "needs Python 3.7, which is not on this machine" in caught.value.message
    assert "uv python install 3.7" in caught.value.hint
    assert "fit it again with a newer scikit-learn" in caught.value.hint
    assert "network" not in str(caught.value)


def test_only_the_native_engine_serves_what_no_runtime_has_a_python_for():
    """The other engines say so before they fetch anything."""
    file = SimpleNamespace(name="clf.sav", libraries={"scikit-learn": "0.23.2"})
    with pytest.raises(NotSupportedError, match=r"no runtime with Python 3\.8 or 3\.7") as caught:
        engines._check_python(file)
    assert "scikit-learn 0.23.2" in caught.value.message
    engines._check_python(SimpleNamespace(name="clf.sav", libraries={"scikit-learn": "0.24.2"}))
    engines._check_python(SimpleNamespace(name="clf.sav", libraries={"scikit-learn": "1.9.1"}))


def test_a_crash_of_the_old_library_is_a_sentence():
    """With the library, its version, the signal and the method."""

    class Child:
        crash = "SIGSEGV"
        over = ModelUnreadableError("The process ended.", "")

        def ask(self, *_, **__):
            raise self.over

    oracle = ChildOracle(Child(), "scikit-learn 0.21.3")
    with pytest.raises(ModelStoppedError) as caught:
        oracle.answer("predict", Table.of_numbers(np.zeros((1, 2))))
    assert caught.value.message == (
        "scikit-learn 0.21.3 crashed (SIGSEGV) when it was asked for the model's predict."
    )


def test_an_unfitted_pipeline_is_still_refused(tmp_path):
    """By its last step, as scikit-learn's own rule has it."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with pytest.raises(ModelUnreadableError, match="not fitted"), loader.open_model(tmp_path):
        pass


@pytest.mark.parametrize(
    ("state", "width"),
    [
        ({"n_features_": 4, "n_features_in_": 9}, 4),
        ({"coef_": np.zeros((3, 5)), "n_features_in_": 9}, 5),
        ({"support_vectors_": np.zeros((2, 7)), "shape_fit_": (40, 3), "n_features_in_": 9}, 3),
        ({"n_features_in_": 9}, 9),
        ({}, None),
    ],
)
def test_the_width_is_the_one_by_which_the_old_version_predicts(state, width):
    """A number that the file puts beside it counts only where nothing else tells."""
    assert older_attributes._width(SimpleNamespace(), state) == width


def test_the_width_of_a_pipeline_goes_back_through_the_old_encoder():
    """Its two whole numbers become five columns; the model behind it takes six."""
    encoder = SimpleNamespace(feature_indices_=np.array([0, 3, 6]), active_features_=np.arange(5))
    model = SimpleNamespace(n_features_in_=6)
    assert older_attributes._width_of_steps([None, encoder, model]) == 3


def test_columns_by_name_are_looked_up_in_the_names_of_their_time():
    """Also from one name to another, whose end counts; without names the version is too old."""
    names = ["a", "b", "c", "d"]
    places = [["d", "a"], "c", slice("b", "c"), slice(None, "b"), [1, 2], slice(0, 2)]
    found = [older_attributes._places(chosen, names) for chosen in places]
    assert found == [[3, 0], [2], [1, 2], [0, 1], None, None]
    with pytest.raises(FileUnreadableError, match=r"before 0\.20\.3"):
        older_attributes._places(["a"], None)
    with pytest.raises(FileUnreadableError, match="does not exist"):
        older_attributes._places(["e"], names)
