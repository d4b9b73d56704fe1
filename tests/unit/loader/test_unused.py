"""Parts that no prediction uses: a model is read without them, and nothing in them is imported."""

import base64
import functools
import json
import lzma
import os
import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from poner import loader
from poner.artifacts import Table
from poner.compiler import compile_model
from poner.errors import ModelRefusedError
from poner.loader.safe_pickle import load_content, rewrite
from poner.loader.safe_pickle.faults import FileRefusedError

RESAMPLED = Path(__file__).parents[2] / "data/imbalanced_learn/models.json.xz"
OPTIMIZED = Path(__file__).parents[2] / "data/scikit_optimize/model.json.xz"
NAMES = [
    "smote",
    "two_samplers",
    "combined",
    "function_sampler",
    "search",
    "balanced_forest",
    "balanced_bagging",
    "easy_ensemble",
    "rus_boost",
]

ROWS = np.random.RandomState(5).normal(size=(60, 3))
TWO = (ROWS[:, 0] > 0).astype(int)


def profit(truth, predicted):
    """A scorer of the user's own."""
    return float(np.mean(truth == predicted))


def best(results):
    """A rule of the user's own for the best of a search."""
    return 0


class Halves:
    """Folds of the user's own."""

    def split(self, X, y=None, groups=None):
        """The first half, then the second."""
        yield np.arange(30), np.arange(30, 60)

    def get_n_splits(self, *given, **named):
        """One."""
        return 1


class Drawn:
    """A distribution of the user's own."""

    def rvs(self, random_state=None):
        """Always the same value."""
        return 0.5


def searched(**options):
    """A search over one parameter."""
    return GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, **{"cv": 2, **options})


MODELS = {
    "scorer": lambda: searched(scoring=make_scorer(profit)),
    "scorer with options": lambda: searched(scoring=make_scorer(functools.partial(profit))),
    "several scorers": lambda: searched(
        scoring={"own": make_scorer(profit), "f1": "f1"}, refit="own"
    ),
    "choice": lambda: searched(refit=best),
    "folds": lambda: searched(cv=Halves()),
    "distribution": lambda: RandomizedSearchCV(LogisticRegression(), {"C": Drawn()}, n_iter=1),
    "selection": lambda: make_pipeline(
        SelectKBest(functools.partial(f_classif), k=2), LogisticRegression()
    ),
    "inside a pipeline": lambda: make_pipeline(
        StandardScaler(), searched(scoring=make_scorer(profit))
    ),
    "cache": lambda: Pipeline(
        [("scale", StandardScaler()), ("model", LogisticRegression())], memory=joblib.Memory(None)
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_read_without_what_only_fit_and_score_use(name):
    """Its answers stay, and the pickle that poner writes no longer names the user's own code."""
    model = MODELS[name]().fit(ROWS, TWO)
    read = load_content(pickle.dumps(model))
    np.testing.assert_array_equal(read.predict_proba(ROWS), model.predict_proba(ROWS))
    written = rewrite(read)
    assert b"test_unused" not in written
    assert b"partial" not in written
    np.testing.assert_array_equal(pickle.loads(written).predict(ROWS), model.predict(ROWS))


def test_joblib_files_are_read_in_the_same_way(tmp_path):
    """Also where the scorer is in an array of objects, which joblib writes as a pickle inside."""
    model = searched(scoring=make_scorer(profit)).fit(ROWS, TWO)
    model.cv_results_["own"] = np.array([profit, None], dtype=object)
    joblib.dump(model, tmp_path / "clf.sav")
    read = load_content((tmp_path / "clf.sav").read_bytes())
    np.testing.assert_array_equal(read.predict(ROWS), model.predict(ROWS))


def test_the_names_that_are_left_out_are_told(tmp_path):
    """One line names them; the model is read without them."""
    model, lines = searched(scoring=make_scorer(profit)).fit(ROWS, TWO), []
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with loader.open_model(tmp_path / "clf.sav", notify=lines.append) as trained:
        answers = trained.oracle.answer("predict", Table.of_numbers(ROWS))
    np.testing.assert_array_equal(answers, model.predict(ROWS))
    assert f"clf.sav is read without {__name__}.profit, which no prediction uses." in lines


def test_a_name_that_a_prediction_uses_is_refused_as_well(tmp_path):
    """A search whose scorer is also a step of its model."""
    step = FunctionTransformer(profit)
    step.func = profit
    model = searched(scoring=make_scorer(profit)).fit(ROWS, TWO)
    model.best_estimator_ = make_pipeline(step, LogisticRegression())
    (tmp_path / "clf.sav").write_bytes(pickle.dumps(model))
    with pytest.raises(ModelRefusedError, match="profit"), loader.open_model(tmp_path / "clf.sav"):
        pass
    with pytest.raises(FileRefusedError, match="profit"):
        load_content(pickle.dumps(model))


class Touches:
    """Pickles as a call that makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_a_call_in_an_unused_part_is_not_made(tmp_path):
    """The file is read without it."""
    model = searched().fit(ROWS, TWO)
    model.scoring = Touches(tmp_path / "mark")
    read = load_content(pickle.dumps(model))
    assert read.scoring is None
    assert not (tmp_path / "mark").exists()


def test_a_call_whose_result_is_thrown_away_is_refused(tmp_path):
    """A name that no part of the model holds is no unused part."""
    model = searched(scoring=make_scorer(profit)).fit(ROWS, TWO)
    thrown = pickle.dumps(Touches(tmp_path / "mark"), 2)[2:-1] + b"0"
    content = pickle.dumps(model, 2)
    with pytest.raises(FileRefusedError, match="system"):
        load_content(content[:2] + thrown + content[2:])
    assert not (tmp_path / "mark").exists()


def test_an_unused_part_that_is_given_later_is_refused():
    """A list that gets a stand-in after its owner got its state."""
    model = searched(scoring=make_scorer(profit)).fit(ROWS, TWO)
    model.best_estimator_.classes_ = [model.scoring]
    with pytest.raises(FileRefusedError, match="profit"):
        load_content(pickle.dumps(model))


@pytest.mark.parametrize("name", NAMES)
def test_models_of_imbalanced_learn_are_native(name):
    """They are read without that package, and answer as it did."""
    found = json.loads(lzma.decompress(RESAMPLED.read_bytes()))
    rows, known = np.array(found["rows"]), found["models"][name]
    read = load_content(base64.b64decode(known["model"]))
    np.testing.assert_allclose(read.predict_proba(rows), known["predict_proba"], rtol=1e-12)
    assert b"imblearn" not in rewrite(read)
    with loader.open_estimator(read) as trained:
        compiled = compile_model(trained)
    assert compiled.predict(rows).tolist() == known["predict"]
    np.testing.assert_allclose(compiled.predict_proba(rows), known["predict_proba"], rtol=1e-12)


def test_a_search_of_scikit_optimize_is_native():
    """It is read without that package, and answers as it did."""
    known = json.loads(lzma.decompress(OPTIMIZED.read_bytes()))
    rows = np.array(known["rows"])
    read = load_content(base64.b64decode(known["model"]))
    np.testing.assert_allclose(read.predict_proba(rows), known["predict_proba"], rtol=1e-12)
    assert b"skopt" not in rewrite(read)
    with loader.open_estimator(read) as trained:
        compiled = compile_model(trained)
    np.testing.assert_allclose(compiled.predict_proba(rows), known["predict_proba"], rtol=1e-12)


def test_a_resampled_pipeline_in_memory_is_native():
    """Its samplers are steps that pass the rows through; the estimator itself stays as it is."""

    class Resampled(Pipeline):
        pass

    class Sampler:
        def fit_resample(self, X, y):
            return X, y

    Resampled.__module__, Resampled.__name__ = "imblearn.pipeline", "Pipeline"
    Sampler.__module__ = "imblearn.over_sampling._smote.base"
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, TWO)
    expected = model.predict_proba(ROWS)
    model.steps.insert(1, ("sample", Sampler()))
    model.__class__ = Resampled
    with loader.open_estimator(model) as trained:
        assert trained.estimator.type_name == "sklearn.pipeline.Pipeline"
        assert trained.estimator.attributes["steps"][1] == ["sample", "passthrough"]
    assert type(model) is Resampled
    assert expected.shape == (60, 2)
