"""Models of LightGBM and XGBoost are read under the same rules as scikit-learn's."""

import importlib.metadata
import pickle
import warnings

import lightgbm
import numpy as np
import pandas as pd
import pytest
import skops.io
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from poner import compiler, loader
from poner.artifacts import Table
from poner.errors import ModelRefusedError, ModelUnreadableError, NotSupportedError
from poner.loader import model_packages
from poner.loader.saving import save

RANDOM = np.random.RandomState(3)
ROWS = RANDOM.normal(size=(90, 4))
TWO = (ROWS[:, 0] > 0).astype(int)
TEXTS = np.where(TWO, "malignant", "benign")
FEW = {"n_estimators": 4}
QUIET = {**FEW, "verbose": -1}
GROUPS = {"group": [45, 45]}


def by_lightgbm(kind, y, **options):
    """A fitted model of LightGBM."""
    return kind(**QUIET).fit(ROWS, y, **options)


def by_xgboost(kind, y, **options):
    """A fitted model of XGBoost."""
    return kind(**FEW).fit(ROWS, y, **options)


def voting():
    """Both libraries beside scikit-learn, in one model."""
    members = [
        ("light", lightgbm.LGBMClassifier(**QUIET)),
        ("extreme", xgboost.XGBClassifier(**FEW)),
        ("linear", LogisticRegression()),
    ]
    return VotingClassifier(members, voting="soft").fit(ROWS, TWO)


def lightgbm_pipeline():
    """LightGBM behind a scaler, on texts."""
    model = make_pipeline(StandardScaler(), lightgbm.LGBMClassifier(**QUIET))
    return model.fit(ROWS, TEXTS)


MODELS = {
    "LGBMClassifier": lambda: by_lightgbm(lightgbm.LGBMClassifier, TEXTS),
    "LGBMRegressor": lambda: by_lightgbm(lightgbm.LGBMRegressor, ROWS[:, 1]),
    "LGBMRanker": lambda: by_lightgbm(lightgbm.LGBMRanker, TWO, **GROUPS),
    "XGBClassifier": lambda: by_xgboost(xgboost.XGBClassifier, TWO),
    "XGBRegressor": lambda: by_xgboost(xgboost.XGBRegressor, ROWS[:, 1]),
    "XGBRanker": lambda: by_xgboost(xgboost.XGBRanker, TWO, **GROUPS),
    "XGBRFClassifier": lambda: by_xgboost(xgboost.XGBRFClassifier, TWO),
    "XGBRFRegressor": lambda: by_xgboost(xgboost.XGBRFRegressor, ROWS[:, 1]),
    "lightgbm pipeline": lightgbm_pipeline,
    "xgboost calibrated": lambda: CalibratedClassifierCV(xgboost.XGBClassifier(**FEW), cv=2).fit(
        ROWS, TWO
    ),
    "voting": voting,
}


def written(content, folder, name="clf.sav"):
    """The folder, with a model file in it."""
    (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_as_it_did_where_it_was_fitted(name, tmp_path):
    """Classes, predictions and probabilities, from the confined child, to the last bit."""
    model = MODELS[name]()
    with loader.open_model(written(pickle.dumps(model), tmp_path)) as opened:
        classes = getattr(model, "classes_", None)
        assert opened.signature.classes == (None if classes is None else tuple(classes.tolist()))
        np.testing.assert_array_equal(
            opened.oracle.answer("predict", Table.of_numbers(ROWS)), model.predict(ROWS)
        )
        if hasattr(model, "predict_proba"):
            np.testing.assert_array_equal(
                opened.oracle.answer("predict_proba", Table.of_numbers(ROWS)),
                model.predict_proba(ROWS),
            )


@pytest.mark.parametrize("name", ["LGBMClassifier", "XGBClassifier"])
def test_every_format_is_read(name, writer, in_process, tmp_path):
    """All of pickle's protocols, joblib with every compression, and skops."""
    model = MODELS[name]()
    content = writer(model)
    file = "clf.skops" if content.startswith(b"PK") else "clf.sav"
    with loader.open_model(written(content, tmp_path, file)) as opened:
        np.testing.assert_array_equal(
            opened.oracle.answer("predict", Table.of_numbers(ROWS)), model.predict(ROWS)
        )


def test_the_native_engine_refuses_them_by_name(tmp_path):
    """The native engine refuses boosters by name."""
    content = pickle.dumps(lightgbm_pipeline())
    with (
        loader.open_model(written(content, tmp_path)) as opened,
        pytest.raises(NotSupportedError, match="LGBMClassifier") as caught,
    ):
        compiler.compile_model(opened)
    assert caught.value.step == "Pipeline/lgbmclassifier"


def test_a_model_that_does_not_say_its_scikit_learn_is_read_with_the_one_here(tmp_path):
    """Without a recorded version the installed scikit-learn reads it, and a line says so."""
    lines = []
    content = pickle.dumps(MODELS["XGBClassifier"]())
    with loader.open_model(written(content, tmp_path), notify=lines.append) as opened:
        version = importlib.metadata.version("scikit-learn")
        assert opened.file.libraries["scikit-learn"] == version
        assert opened.file.libraries["xgboost"] == xgboost.__version__
        assert "lightgbm" not in opened.file.libraries
    assert (
        "clf.sav does not record which scikit-learn fitted the model; reading it with the "
        f"installed {version}."
    ) in lines


def test_names_with_blanks_are_the_columns_names(in_process, tmp_path):
    """LightGBM keeps `mean radius` as `mean_radius`; the signature has the column's own name."""
    frame = pd.DataFrame(ROWS, columns=["mean radius", "b", "c", "d"])
    model = lightgbm.LGBMClassifier(**QUIET).fit(frame, TEXTS)
    save(model, frame, TEXTS, tmp_path)
    with loader.open_model(tmp_path) as opened:
        assert opened.signature.features[0].column == "mean radius"
        assert opened.file.libraries["lightgbm"] == lightgbm.__version__


@pytest.mark.parametrize(
    "name", ["lightgbm.basic Dataset", "lightgbm.engine train", "xgboost.core DMatrix"]
)
def test_other_names_of_the_libraries_are_refused(name, tmp_path):
    """Other names of these libraries, which read files or train, are refused."""
    module, own = name.split(" ")
    with pytest.raises(ModelRefusedError) as caught:
        open_content(f"c{module}\n{own}\n.".encode(), tmp_path)
    assert caught.value.names == (f"{module}.{own}",)
    assert "include" not in caught.value.hint


def test_a_tampered_model_is_refused_whole(mark, tmp_path):
    """A LightGBM model that also names something else is refused."""
    model = MODELS["LGBMClassifier"]()
    model.extra = Hostile(str(mark))
    with pytest.raises(ModelRefusedError) as caught:
        open_content(pickle.dumps(model), tmp_path)
    assert "posix.system" in caught.value.message
    assert "lightgbm.sklearn.LGBMClassifier" in caught.value.names


class Hostile:
    """Pickles as a call of os.system."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.path}",)


def open_content(content, folder):
    """Open a model file of that content."""
    with loader.open_model(written(content, folder)):
        pass


def booster_of(module, state):
    """A pickle of a Booster with any state."""
    body = pickle.dumps(state, 2)[2:-1]
    return b"\x80\x02" + f"c{module}\nBooster\n".encode() + b")\x81" + body + b"b."


@pytest.mark.parametrize(
    ("module", "state"),
    [
        ("lightgbm.basic", {"_handle": 1}),
        ("lightgbm.basic", {"_handle": None, "handle": "tree"}),
        ("lightgbm.basic", {}),
        ("xgboost.core", {"handle": 140000000000000}),
        ("xgboost.core", {"handle": None}),
    ],
)
def test_a_booster_whose_handle_is_no_model_is_damaged(module, state, tmp_path):
    """A Booster with a number as handle, which would be a pointer, is damaged."""
    with pytest.raises(ModelUnreadableError, match="a booster is inconsistent"):
        open_content(booster_of(module, state), tmp_path)


@pytest.mark.parametrize(
    ("module", "model"),
    [("lightgbm.basic", {"_handle": "tree"}), ("xgboost.core", {"handle": bytearray(b"{")})],
)
def test_a_booster_that_its_library_cannot_read_is_an_error(module, model, tmp_path):
    """An unreadable Booster is an error without the trace in XGBoost's message."""
    with pytest.raises(ModelUnreadableError, match="cannot read the booster"):
        open_content(booster_of(module, model), tmp_path)


def test_a_library_that_is_not_installed_is_named(monkeypatch, tmp_path):
    """A missing library is named, with the command that installs it beside poner."""
    monkeypatch.setattr(model_packages, "find_distribution", lambda name, places: None)
    with pytest.raises(ModelUnreadableError) as caught:
        open_content(pickle.dumps(MODELS["LGBMClassifier"]()), tmp_path)
    assert str(caught.value) == (
        "clf.sav holds a model of LightGBM, which is not installed beside poner. Install "
        "LightGBM beside poner: `pip install lightgbm`."
    )


def test_skops_and_pickle_name_the_same(tmp_path):
    """A skops file of a LightGBM model obeys the same list."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = skops.io.dumps(MODELS["LGBMRegressor"]())
    listed = loader.list_globals(written(content, tmp_path, "clf.skops") / "clf.skops")
    assert "lightgbm.basic.Booster" in listed.names
    assert listed.refused == ()
