"""What is said of a file that holds a half of a model, or a model and more."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC

from poner.loader.child.contents import Source, find_part
from poner.loader.child.model_choice import check_model
from poner.loader.safe_pickle import FileUnreadableError

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10) % 2
SCALER = StandardScaler().fit(X)
MODEL = LogisticRegression().fit(X, Y)
FILE = Source("bundle.pkl", "models/bundle.pkl", "models/model.pkl")


def refusal(value, source=FILE):
    """Message and hint."""
    with pytest.raises(FileUnreadableError) as caught:
        check_model(value, source)
    return caught.value.message, caught.value.hint


def test_keys_and_kinds_are_named_and_the_options_that_build_it():
    """The case of most such files: the model, its scaler, its columns."""
    message, hint = refusal(
        {"model": MODEL, "scaler": SCALER, "columns": ["age", "fare"], "accuracy": 0.9}
    )
    assert message == (
        "bundle.pkl holds a dict of 4, not one model: model: LogisticRegression, "
        "scaler: StandardScaler, columns: list of 2 texts, accuracy: float."
    )
    assert hint == ("Choose its parts: `--key model --before-key scaler --features age,fare`.")


def test_a_tuple_has_positions_for_keys():
    """(scaler, model) of a notebook's return."""
    message, hint = refusal((SCALER, MODEL))
    assert "0: StandardScaler, 1: LogisticRegression" in message
    assert "`--key 1 --before-key 0`" in hint


def test_an_array_of_objects_is_a_list():
    """numpy.save of a dict gives an array without dimensions."""
    assert "`--key model`" in refusal(np.array({"model": MODEL, "n": 1}, dtype=object))[1]


def test_the_encoder_of_the_target_is_offered_for_the_labels():
    """Its numbers are the model's classes; an encoder of a column is not offered."""
    encoders = {"target": LabelEncoder().fit(["no", "yes"]), "sex": LabelEncoder().fit(list("abc"))}
    _, hint = refusal({"model": MODEL, **encoders})
    assert hint == "Choose its parts: `--key model --target-labels models/bundle.pkl:target`."


def test_encoders_by_column_are_one_step():
    """A dict in the dict."""
    encoders = {"sex": LabelEncoder().fit(["f", "m"]), "city": OrdinalEncoder().fit([["a"]])}
    assert (
        "`--key model --before-key encoders`" in refusal({"model": MODEL, "encoders": encoders})[1]
    )


def test_several_models_are_named_by_their_keys():
    """Also inside another dict; one of them has to be chosen."""
    forest = RandomForestClassifier(2).fit(X, Y)
    message, hint = refusal(
        {"models": {"forest": forest, "svm": SVC().fit(X, Y)}, "scaler": SCALER}
    )
    assert "models.forest: RandomForestClassifier, models.svm: SVC" in message
    assert hint == "Choose one of the models: `--key models.forest`, `--key models.svm`."


def test_names_that_a_command_line_cannot_spell_are_given_as_a_part_of_the_file():
    """A comma in a name would end it."""
    _, hint = refusal({"model": MODEL, "feature names": ["height, cm", "mass"]})
    assert "--features 'models/bundle.pkl:feature names'" in hint


@pytest.mark.parametrize("columns", [["age"], ["age", "fare", "sex"], [1, 2], "ab"])
def test_only_as_many_texts_as_the_model_has_features_are_offered(columns):
    """Any other list is about something else."""
    assert "--features" not in refusal({"model": MODEL, "columns": columns})[1]


def test_texts_under_another_key_are_not_offered():
    """Two class names are not two feature names."""
    assert "--features" not in refusal({"model": MODEL, "classes": ["no", "yes"]})[1]


def test_a_lone_transformer_is_a_half_and_the_other_is_named():
    """With the only model beside it."""
    message, hint = refusal(SCALER, Source("scaler.pkl", "a b/scaler.pkl", "a b/model.pkl"))
    assert message == (
        "scaler.pkl holds a StandardScaler, which prepares rows for a model and predicts nothing."
    )
    assert hint == (
        "Build the model, and name this file before it: "
        "`poner build 'a b/model.pkl' --before 'a b/scaler.pkl'`."
    )


def test_a_lone_label_encoder_may_be_of_the_target_or_of_a_column():
    """Both ways to use it are named."""
    message, hint = refusal(LabelEncoder().fit([1, 2]))
    assert message == "bundle.pkl holds a LabelEncoder, which encodes labels and predicts nothing."
    assert "--target-labels models/bundle.pkl`" in hint
    assert "--before COLUMN=models/bundle.pkl`" in hint


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros((3, 2)), "an array of shape 3 x 2, not a scikit-learn estimator"),
        (["a", "b"], "a list of 2 texts, not one model"),
        ({}, "a dict of 0, not one model: nothing"),
        (3.5, "a float, not a scikit-learn estimator"),
        ({"scaler": SCALER, "n": 3}, "scaler: StandardScaler, n: int"),
    ],
)
def test_what_holds_no_model_says_what_it_holds(value, said):
    """Arrays, lists, empty dicts, numbers."""
    assert said in refusal(value)[0]


def test_keys_lead_through_dicts_lists_and_tuples():
    """Dots lead further in, and a key with a dot is found as it is."""
    value = {"a.b": MODEL, "a": [{"b": SCALER}], 7: Ridge()}
    assert find_part(value, "a.b", FILE) is MODEL
    assert find_part(value, "a.0.b", FILE) is SCALER
    assert isinstance(find_part(value, "7", FILE), Ridge)


def test_a_part_that_is_none_is_found():
    """A key that leads to nothing is no missing key."""
    assert find_part({"scaler": None}, "scaler", FILE) is None


@pytest.mark.parametrize("key", ["models", "a.1", "a.0.c", ""])
def test_a_key_that_leads_nowhere_names_what_is_there(key):
    """The message lists the keys."""
    with pytest.raises(
        FileUnreadableError, match=r"bundle\.pkl has no .* It holds model: "
    ) as caught:
        find_part({"model": MODEL, "a": [{"b": MinMaxScaler()}]}, key, FILE)
    assert "dot" in caught.value.hint


def test_no_key_leads_into_a_model():
    """A file with the model itself needs none."""
    with pytest.raises(FileUnreadableError, match="holds a LogisticRegression, so no key leads"):
        find_part(MODEL, "model", FILE)
