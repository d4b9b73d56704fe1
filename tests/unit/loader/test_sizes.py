"""What a model file makes of itself stays in proportion to the file."""

import pickle
import time

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from poner import loader
from poner.errors import ModelUnreadableError
from poner.loader.child import estimators, frames, missing_values
from poner.loader.child.description import describe
from poner.loader.safe_pickle.faults import FileUnreadableError
from poner.loader.safe_pickle.loading import load_content


def test_a_text_is_described_once():
    """A model that holds one long text 10,000 times is described in little more than the text."""
    model = FunctionTransformer(kw_args={"texts": ["x" * 100_000] * 10_000})
    described = describe(model)
    assert len(frames.pack({"nodes": described.nodes}, 0)) < 1_000_000


def test_a_text_that_was_described_once_is_the_same_text(rows):
    """Where it is shared, the description reads as before."""
    encoder = OneHotEncoder(handle_unknown="ignore")
    texts = np.array([["a" * 100], ["b" * 200]], dtype=object)
    model = make_pipeline(encoder, LogisticRegression()).fit(texts, [0, 1])
    described = loader.describe_estimator(model)
    (_, step), _ = described.attributes["steps"]
    assert step.attributes["categories_"] == [["a" * 100, "b" * 200]]


def test_a_long_key_is_described_within_bounds():
    """Keys are written again for each object that has them."""
    key = "k" * 1_000_000
    model = FunctionTransformer(kw_args={"each": [{key: number} for number in range(3000)]})
    with pytest.raises(FileUnreadableError, match="has more parts than"):
        describe(model)


def around(part, n_features):
    """An estimator that says how many features it takes and holds another."""
    made = FunctionTransformer(kw_args={"part": part})
    made.n_features_in_ = n_features
    return made


def test_shared_estimators_are_looked_at_once():
    """Sixty Pipelines, each twice in the next, have 2**60 ways through them."""
    value = OneHotEncoder()
    for _ in range(60):
        value = make_pipeline(value, value)
    value = around(value, 3)
    begun = time.process_time()
    assert missing_values.columns_with_none(value) == frozenset()
    assert time.process_time() - begun < 5.0


def test_columns_that_are_chosen_in_endless_ways_are_refused():
    """Each choice of columns is followed, but not without end."""
    value, turned, swapped = FunctionTransformer(), [*range(1, 10), 0], [1, 0, *range(2, 10)]
    for _ in range(60):
        value = ColumnTransformer([("turned", value, turned), ("swapped", value, swapped)])
        value.transformers_ = value.transformers
    value = around(value, 10)
    with pytest.raises(FileUnreadableError, match="nests ColumnTransformers too deeply"):
        missing_values.columns_with_none(value)


def test_nested_classes_are_no_classes():
    """Lists of lists that share lists are never walked."""
    value = [np.array([1])]
    for _ in range(60):
        value = [np.array([1]), value, value]
    with pytest.raises(FileUnreadableError, match="classes, which are list values"):
        estimators._plain_classes(value)


def test_a_model_of_very_many_features_is_refused():
    """Rows of each feature are made to try it: a tree of 1 KB can declare a billion."""
    model = DecisionTreeRegressor().fit(np.zeros((2, 300_001)), [0.0, 0.0])
    with pytest.raises(FileUnreadableError, match="takes 300001 features; poner serves at most"):
        estimators.check_estimator(load_content(pickle.dumps(model)))


@pytest.mark.parametrize("kind", ["CountVectorizer", "HashingVectorizer"])
def test_a_model_in_memory_that_reads_files_is_refused(kind):
    """The user's own model, too: on Lambda the one who asks would choose the file."""
    import sklearn.feature_extraction.text as texts

    model = make_pipeline(getattr(texts, kind)(), LogisticRegression())
    model.fit(["yes yes", "no no"], [1, 0])
    model[0].input = "filename"
    with pytest.raises(ModelUnreadableError) as caught, loader.open_estimator(model):
        pass
    assert f"{kind}(input='filename') opens a file" in caught.value.message
    assert 'input="content"' in caught.value.hint
