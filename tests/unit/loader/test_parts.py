"""A model whose parts lie in several files, or under keys of one file."""

import json
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, OrdinalEncoder, StandardScaler

from poner import loader
from poner.artifacts import Table
from poner.errors import ModelRefusedError, ModelUnreadableError, SignatureError, UsageError
from poner.loader import Parts
from poner.loader.child.contents import Source
from poner.loader.child.parts import labels_in
from poner.loader.parts import Part
from poner.loader.safe_pickle import FileUnreadableError

NAMES = ["length", "width", "weight"]
SPECIES = ["perch", "pike", "roach"]


class Fish:
    """A scaler, a model and a LabelEncoder that belong together, as files and as one dict."""

    def __init__(self, folder: Path) -> None:
        random = np.random.RandomState(5)
        self.X = pd.DataFrame(random.gamma(3, 10, (90, 3)).round(1), columns=NAMES)
        self.encoder = LabelEncoder().fit(SPECIES)
        target = self.encoder.transform(
            np.array(SPECIES)[(self.X.length // 15).clip(0, 2).astype(int)]
        )
        self.scaler = StandardScaler().fit(self.X.to_numpy())
        self.model = LogisticRegression().fit(self.scaler.transform(self.X.to_numpy()), target)
        self.folder = folder
        together = {
            "models": {"best": self.model},
            "scaler": self.scaler,
            "columns": NAMES,
            "species": self.encoder,
        }
        joblib.dump(self.model, folder / "model.joblib", compress=3)
        self.write("scaler.pkl", self.scaler)
        self.write("encoder.pkl", self.encoder)
        self.write("columns.pkl", NAMES)
        self.write("fish.pkl", together)
        self.write("pair.pkl", (self.scaler, self.model))
        (folder / "names.json").write_text(json.dumps({"features": NAMES}))

    def write(self, name: str, value: object) -> None:
        """Pickle an object into the folder."""
        (self.folder / name).write_bytes(pickle.dumps(value))


@pytest.fixture(scope="module")
def fish(tmp_path_factory):
    """The files, written once."""
    return Fish(tmp_path_factory.mktemp("fish"))


@pytest.fixture(autouse=True)
def beside_the_files(fish, monkeypatch):
    """As a user who stands in their folder."""
    monkeypatch.chdir(fish.folder)


WAYS = {
    "two files": ("model.joblib", {"before": ["scaler.pkl"]}),
    "keys of one file": ("fish.pkl", {"key": "models.best", "before_keys": ["scaler"]}),
    "positions of a tuple": ("pair.pkl", {"key": "1", "before_keys": ["0"]}),
    "a key of another file": ("model.joblib", {"before": ["fish.pkl:scaler"]}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_parts_answer_as_the_model_behind_the_scaler(way, fish, in_process):
    """However the files are cut: the oracle takes rows as they are before the scaler."""
    file, parts = WAYS[way]
    labels = {"target_labels": "encoder.pkl", "features": "columns.pkl"}
    with loader.open_model(Path(file), parts=Parts.parse(**parts, **labels)) as opened:
        assert opened.signature.wire_names == tuple(NAMES)
        assert opened.signature.classes == (0, 1, 2)
        assert opened.signature.labels == tuple(SPECIES)
        np.testing.assert_array_equal(
            opened.oracle.answer("predict_proba", Table.of_numbers(fish.X.to_numpy())),
            fish.model.predict_proba(fish.scaler.transform(fish.X.to_numpy())),
        )


def test_the_engines_get_one_pipeline(fish):
    """What is shipped or converted is a plain pickle of it, checked as any other; no patching."""
    parts = Parts.parse(before=["scaler.pkl"])
    with loader.open_model(Path("model.joblib"), parts=parts) as opened:
        assert opened.file is not None
        pipeline = pickle.loads(opened.file.content)
        assert opened.provenance.file_name == "scaler.pkl + model.joblib"
    rows = fish.X.to_numpy()
    np.testing.assert_array_equal(
        pipeline.predict_proba(rows), fish.model.predict_proba(fish.scaler.transform(rows))
    )


def test_each_file_is_checked_against_the_allow_list(fish, in_process, mark):
    """A step is as untrusted as a model; the message names its file."""

    class Touch:
        def __reduce__(self):
            return Path.touch, (mark,)

    fish.write("hostile.pkl", Touch())
    with (
        pytest.raises(ModelRefusedError, match=r"hostile\.pkl is refused"),
        loader.open_model(Path("model.joblib"), parts=Parts.parse(before=["hostile.pkl"])),
    ):
        pass


def test_a_damaged_step_is_named(fish, in_process):
    """Not the model that is whole."""
    (fish.folder / "cut.pkl").write_bytes(pickle.dumps(fish.scaler)[:-20])
    with (
        pytest.raises(ModelUnreadableError, match=r"^cut\.pkl: "),
        loader.open_model(Path("model.joblib"), parts=Parts.parse(before=["cut.pkl"])),
    ):
        pass


def test_a_signature_of_the_model_alone_is_not_used_for_the_steps(fish, in_process, tmp_path):
    """It describes scaled rows; the hint says how to save both."""
    rows = fish.scaler.transform(fish.X.to_numpy())
    loader.save(fish.model, rows, fish.model.predict(rows), tmp_path / "saved")
    with (
        pytest.raises(SignatureError, match="describes the rows behind the steps") as caught,
        loader.open_model(tmp_path / "saved", parts=Parts.parse(before=["scaler.pkl"])),
    ):
        pass
    assert "poner.save([scaler, model], X, y, folder)" in caught.value.hint


def test_names_in_json_are_read_too(fish, in_process):
    """With a key where the file holds an object."""
    parts = Parts.parse(before=["scaler.pkl"], features="names.json:features")
    with loader.open_model(Path("model.joblib"), parts=parts) as opened:
        assert opened.signature.wire_names == tuple(NAMES)


def test_names_in_the_models_file_are_offered(fish, in_process):
    """A list of as many texts as the model has features, under a telling key."""
    lines = []
    parts = Parts.parse(key="models.best", before_keys=["scaler"])
    with loader.open_model(Path("fish.pkl"), parts=parts, notify=lines.append):
        assert (
            "columns in fish.pkl can name the features: `--features length,width,weight`." in lines
        )


def test_labels_are_given_once(fish):
    """Texts and an encoder could contradict each other."""
    parts = Parts.parse(target_labels="encoder.pkl")
    with (
        pytest.raises(UsageError, match="Labels are given twice"),
        loader.open_model(Path("model.joblib"), parts=parts, labels={"0": "perch"}),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("scaler.pkl", Part(Path("scaler.pkl"))),
        ("fish.pkl:scaler", Part(Path("fish.pkl"), "scaler")),
        ("fish.pkl:a:b=c", Part(Path("fish.pkl"), "a:b=c")),
        ("width=scaler.pkl", Part(Path("scaler.pkl"), None, ("width",))),
        ("width, a=b=fish.pkl:x", Part(Path("fish.pkl"), "x", ("width", "a=b"))),
        ("odd=name:1.pkl", Part(Path("odd=name:1.pkl"))),
    ],
)
def test_a_part_is_written_as_columns_file_and_key(text, part, fish):
    """The first way to read it that leads to a file; and it is written again as it was read."""
    fish.write("odd=name:1.pkl", fish.scaler)
    assert Part.parse(text) == part
    assert Part.parse(str(part)) == part


@pytest.mark.parametrize(
    ("text", "said"), [("no.pkl", "There is no file no.pkl"), ("a,=scaler.pkl", "an empty name")]
)
def test_a_part_that_leads_to_no_file_is_wrong_usage(text, said):
    """Before anything is read."""
    with pytest.raises(UsageError, match=said):
        Part.parse(text)


ENCODED = LabelEncoder().fit(SPECIES)


@pytest.mark.parametrize(
    "value",
    [
        ENCODED,
        OrdinalEncoder().fit(np.array(SPECIES).reshape(-1, 1)),
        OneHotEncoder().fit(np.array(SPECIES).reshape(-1, 1)),
        SPECIES,
        np.array(SPECIES),
        {0: "perch", 1: "pike", 2: "roach"},
        {"0": "perch", "1": "pike", "2": "roach"},
        {"perch": 0, "pike": np.int64(1), "roach": 2},
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_encoded_the_target_gives_the_labels(value):
    """Encoders, lists and dicts in either direction."""
    assert labels_in(value, Source("labels.pkl", "labels.pkl"), [0, 1, 2]) == SPECIES


@pytest.mark.parametrize(
    ("value", "classes", "said"),
    [
        (ENCODED, [0, 1, 5], "no label for the class 5"),
        (ENCODED, ["perch", "pike"], "no label for the class 'perch'"),
        (ENCODED, None, "predicts numbers"),
        (ENCODED, [[0, 1], [0, 1]], "several things at once"),
        (StandardScaler(), [0, 1], "a StandardScaler, which has no label for the class 0"),
    ],
)
def test_labels_that_do_not_fit_are_refused(value, classes, said):
    """Each class needs one."""
    with pytest.raises(FileUnreadableError) as caught:
        labels_in(value, Source("labels.pkl", "labels.pkl"), classes)
    assert said in caught.value.message


def of_version(value: object, version: str) -> bytes:
    """A pickle as that scikit-learn writes it, of the length of the installed version."""
    installed = sklearn.__version__.encode()
    content = pickle.dumps(value)
    assert len(installed) == len(version)
    assert installed in content
    return content.replace(installed, version.encode())


def test_a_step_of_another_version_is_read_with_the_models(fish, in_process):
    """A line says so."""
    (fish.folder / "older.pkl").write_bytes(of_version(fish.scaler, "1.8.0"))
    lines = []
    with loader.open_model(
        Path("model.joblib"), parts=Parts.parse(before=["older.pkl"]), notify=lines.append
    ):
        assert (
            "older.pkl was fitted with scikit-learn 1.8.0, but is read with "
            f"{sklearn.__version__}, as model.joblib is. Save both with one version to be sure of "
            "the answers."
        ) in lines


def test_a_step_of_another_version_that_does_not_work_in_the_models_is_refused(fish, in_process):
    """It lacks what the model's version keeps in an attribute; both versions are named."""
    encoder = OneHotEncoder().fit(np.array(SPECIES).reshape(-1, 1))
    model = LogisticRegression().fit(np.eye(3), [0, 1, 0])
    fish.write("behind.pkl", model)
    del encoder._drop_idx_after_grouping
    (fish.folder / "older.pkl").write_bytes(of_version(encoder, "1.1.3"))
    with (
        pytest.raises(ModelUnreadableError) as caught,
        loader.open_model(Path("behind.pkl"), parts=Parts.parse(before=["older.pkl"])),
    ):
        pass
    assert caught.value.message.startswith(
        "older.pkl was fitted with scikit-learn 1.1.3 and does not work in "
        f"{sklearn.__version__}, in which the model is read: "
    )
