"""Steps and a model that were fitted and saved apart become one Pipeline that answers alike."""

import sys
import warnings
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    LabelBinarizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)

import poner
from poner.errors import ModelUnreadableError
from poner.loader.child.assembly import assemble
from poner.loader.child.contents import Source
from poner.loader.child.placement import Step
from poner.loader.safe_pickle import FileUnreadableError

MODEL = Source("model.pkl", "model.pkl")


@pytest.fixture(scope="module")
def people():
    """(120, 4) a DataFrame of numbers and texts."""
    random = np.random.RandomState(3)
    return pd.DataFrame(
        {
            "age": random.randint(18, 90, 120).astype(float),
            "sex": random.choice(["f", "m"], 120),
            "fare": random.lognormal(3, 1, 120).round(2),
            "city": random.choice(["Lima", "Oslo", "Rome"], 120),
        }
    )


@pytest.fixture(scope="module")
def survived(people):
    """(120,) classes that depend on each column."""
    score = people.age / 50 + (people.sex == "f") + np.log(people.fare) / 3
    return (score + (people.city == "Oslo") > 2.9).astype(int).to_numpy()


def step(value, name="scaler.pkl", columns=()):
    """A step from a file."""
    return Step(value, Source(name, name), tuple(columns))


def joined(steps, model, names=None):
    """The Pipeline of steps and a model."""
    return assemble(steps, model, MODEL, names).estimator


def refusal(steps, model, names=None):
    """What is said about parts that do not fit: message and hint."""
    with pytest.raises(FileUnreadableError) as caught:
        assemble(steps, model, MODEL, names)
    return caught.value.message, caught.value.hint


def answers(estimator, rows):
    """What it answers; without the warning that the model's names are not checked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.predict_proba(rows)


def encoded(people, encoders):
    """The rows as a script encodes them: each column in its place."""
    rows = people.copy()
    for column, encoder in encoders.items():
        rows[column] = encoder.transform(rows[column])
    return rows


CHAINS = [
    (StandardScaler(),),
    (SimpleImputer(), MinMaxScaler(), PCA(2)),
    (make_pipeline(SimpleImputer(), StandardScaler()), PolynomialFeatures(2)),
    (KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"),),
    (make_column_transformer((StandardScaler(), [0]), ("passthrough", [1])),),
]


@pytest.mark.parametrize(
    "chain", CHAINS, ids=lambda chain: "+".join(type(s).__name__ for s in chain)
)
def test_rows_pass_the_steps_in_order(chain, people, survived):
    """Scalers, imputers, decompositions and pipelines, fitted one behind the other."""
    rows = given = people[["age", "fare"]].to_numpy()
    for transformer in chain:
        rows = transformer.fit_transform(rows)
    model = LogisticRegression().fit(rows, survived)
    made = joined([step(transformer) for transformer in chain], model)
    np.testing.assert_array_equal(made.predict_proba(given), model.predict_proba(rows))


@pytest.mark.parametrize("model", [GaussianNB(), HistGradientBoostingClassifier(max_iter=5)])
def test_an_encoders_sparse_answer_becomes_dense_for_a_model_that_needs_it(model, people, survived):
    """The script called toarray() in between."""
    texts = people[["sex", "city"]]
    encoder = OneHotEncoder().fit(texts)
    rows = encoder.transform(texts).toarray()
    model.fit(rows, survived)
    made = joined([step(encoder)], model)
    np.testing.assert_array_equal(made.predict_proba(texts), model.predict_proba(rows))


@pytest.mark.parametrize("kind", [dict, lambda encoders: defaultdict(LabelEncoder, encoders)])
def test_a_dict_of_encoders_encodes_each_column_in_its_place(kind, people, survived):
    """label_encoders.pkl of many scripts; the compiled model takes the texts."""
    encoders = {name: LabelEncoder().fit(people[name]) for name in ("sex", "city")}
    rows = encoded(people, encoders)
    model = RandomForestClassifier(8, random_state=0).fit(rows, survived)
    made = joined([step(kind(encoders))], model)
    np.testing.assert_array_equal(answers(made, people), model.predict_proba(rows))
    compiled = poner.compile([kind(encoders), model], people)
    assert compiled.signature.kinds == ("number", "category", "number", "category")
    np.testing.assert_array_equal(compiled.predict(people), model.predict(rows))


def test_an_encoder_of_the_target_in_the_dict_is_left_out_and_named(people, survived):
    """A loop over all columns encodes the target, too."""
    encoders = {name: LabelEncoder().fit(people[name]) for name in ("sex", "city")}
    model = RandomForestClassifier(3, random_state=0).fit(encoded(people, encoders), survived)
    everything = {**encoders, "survived": LabelEncoder().fit(["no", "yes"])}
    made = assemble([step(everything, "encoders.pkl")], model, MODEL)
    assert made.notes == [
        "encoders.pkl also holds a transformer for survived, which is no column of the model, so "
        "it is not used. If it encodes the target, add `--target-labels encoders.pkl:survived`."
    ]
    assert made.estimator.n_features_in_ == 4


def test_one_encoder_takes_the_column_that_is_named(people, survived):
    """Each LabelEncoder in a file of its own, and a scaler of two columns behind them."""
    encoders = {name: LabelEncoder().fit(people[name]) for name in ("sex", "city")}
    rows = encoded(people, encoders)
    scaler = StandardScaler().fit(rows[["age", "fare"]])
    rows[["age", "fare"]] = scaler.transform(rows[["age", "fare"]])
    model = LogisticRegression().fit(rows.to_numpy(), survived)
    steps = [step(encoders[name], f"{name}.pkl", [name]) for name in encoders]
    made = joined([*steps, step(scaler, columns=["age", "fare"])], model, list(people))
    np.testing.assert_allclose(answers(made, people), model.predict_proba(rows.to_numpy()))


def test_a_scaler_of_some_columns_finds_them_by_their_names(people, survived):
    """It was fitted on a part of the DataFrame that the model was fitted on; the order stays."""
    rows = people[["age", "fare"]].assign(rooms=people.age // 9, tax=people.fare % 7)
    part = ["age", "rooms", "tax"]
    scaler = MinMaxScaler().fit(rows[part])
    scaled = rows.copy()
    scaled[part] = scaler.transform(rows[part])
    model = RandomForestClassifier(8, random_state=0).fit(scaled, survived)
    made = assemble([step(scaler)], model, MODEL)
    np.testing.assert_array_equal(answers(made.estimator, rows), model.predict_proba(scaled))
    assert made.notes == [
        "scaler.pkl changes the columns age, rooms, tax; the others pass unchanged."
    ]
    compiled = poner.compile([scaler, model], rows)
    np.testing.assert_array_equal(compiled.predict(rows), model.predict(scaled))


def churn(people, encoder, tail):
    """Rows as a script makes them: sex encoded in its place, the encoded cities at an end."""
    cities = pd.DataFrame(
        encoder.transform(people[["city"]]).toarray(),
        columns=encoder.get_feature_names_out(["city"]),
    )
    others = people.drop(columns="city").assign(sex=LabelEncoder().fit_transform(people.sex))
    return pd.concat([others, cities] if tail else [cities, others], axis=1)


@pytest.mark.parametrize("tail", [True, False])
@pytest.mark.parametrize("names", [True, False])
def test_an_encoders_columns_go_where_the_next_part_has_their_names(names, tail, people, survived):
    """Encoders, scaler and model in four files; the encoder knows its column, or is told."""
    city = people[["city"]]
    encoder = OneHotEncoder().fit(city if names else city.to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = churn(people, encoder, tail)
    scaler = StandardScaler().fit(rows)
    model = RandomForestClassifier(6, random_state=0).fit(scaler.transform(rows), survived)
    steps = [
        step(LabelEncoder().fit(people.sex), "le_sex.pkl", ["sex"]),
        step(encoder, "city.pkl", [] if names else ["city"]),
        step(scaler),
    ]
    made = assemble(steps, model, MODEL)
    columns = list(made.estimator.feature_names_in_)
    assert sorted(columns) == sorted(people)
    np.testing.assert_array_equal(
        answers(made.estimator, people[columns]), model.predict_proba(scaler.transform(rows))
    )
    assert made.notes == (
        [
            "city.pkl turns city into city_Lima, city_Oslo, city_Rome; the other columns pass "
            "unchanged."
        ]
        if names
        else []
    )


def test_numbers_can_be_label_encoded_too(people, survived):
    """A LabelEncoder of whole numbers, such as postcodes."""
    rows = people[["age", "fare"]]
    encoder = LabelEncoder().fit(rows.age)
    model = RandomForestClassifier(4, random_state=0).fit(encoded(rows, {"age": encoder}), survived)
    compiled = poner.compile([{"age": encoder}, model], rows)
    np.testing.assert_array_equal(
        compiled.predict(rows), model.predict(encoded(rows, {"age": encoder}))
    )


def test_the_list_may_be_saved_with_its_training_data(people, survived, tmp_path):
    """poner.save([scaler, model], ...) writes one model, which takes the rows before the scaler."""
    rows = people[["age", "fare"]]
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression().fit(scaler.transform(rows), survived)
    compiled = poner.compile(poner.save([scaler, model], rows, survived, tmp_path / "model"))
    assert compiled.signature.features[0].maximum == rows.age.max()
    np.testing.assert_allclose(
        compiled.predict_proba(rows), model.predict_proba(scaler.transform(rows)), rtol=1e-9
    )


def test_widths_that_differ_are_refused_with_both_numbers(people, survived):
    """The hint says how a step of some columns is given."""
    numbers = people[["age", "fare"]].to_numpy()
    model = Ridge().fit(np.c_[numbers, numbers[:, 0]], survived)
    message, hint = refusal([step(StandardScaler().fit(numbers))], model)
    assert message == "scaler.pkl gives 2 columns, and model.pkl takes 3."
    assert "--before age,fare=scaler.pkl" in hint


def test_a_step_in_the_wrong_place_is_refused(people, survived):
    """The decomposition before the scaler that was fitted before it."""
    numbers = np.c_[people.age, people.fare, people.age**2]
    scaler = StandardScaler().fit(numbers)
    reduce = PCA(2).fit(scaler.transform(numbers))
    model = Ridge().fit(reduce.transform(scaler.transform(numbers)), survived)
    message, _ = refusal([step(reduce, "pca.pkl"), step(scaler)], model)
    assert message == "pca.pkl gives 2 columns, and scaler.pkl takes 3."


def test_the_same_columns_in_another_order_are_refused(people, survived):
    """A Pipeline would pass them by position, without a word."""
    rows = people[["age", "fare"]]
    scaler = StandardScaler().set_output(transform="pandas").fit(rows)
    model = LogisticRegression().fit(scaler.transform(rows)[["fare", "age"]], survived)
    message, _ = refusal([step(scaler)], model)
    assert message.startswith("scaler.pkl and model.pkl have the same columns in different orders")


@pytest.mark.parametrize(
    ("value", "columns", "said"),
    [
        (LabelEncoder().fit(["f", "m"]), (), "encodes one column, and the model takes 2"),
        (LabelBinarizer().fit(["f", "m"]), ("age",), "encodes a target and not a column"),
        (Ridge(), (), "a Ridge, which does not transform rows"),
        (StandardScaler(), (), "a StandardScaler that is not fitted"),
        ([1, 2], (), "a list of 2 int, not one step"),
        ({"a": LabelEncoder().fit([1])}, (), "has no columns of these names"),
        (OrdinalEncoder().fit([["f"]]), ("sex",), "for the column sex, which is not among"),
        (MinMaxScaler().fit([[1.0, 2.0]]), ("age", "age"), "for the same column twice"),
        (OneHotEncoder().fit([["f"], ["m"]]), ("age",), "the columns are age_f, age_m, fare, and"),
        (PCA(1).fit([[1.0, 2.0], [2.0, 1.0]]), ("age", "fare"), "the columns are pca0, and"),
    ],
)
def test_what_is_no_step_is_named(value, columns, said, people, survived):
    """Each refusal says what the file holds, and what to do."""
    model = LogisticRegression().fit(people[["age", "fare"]], survived)
    message, hint = refusal([step(value, "step.pkl", columns)], model)
    assert "step.pkl " in message
    assert said in message
    assert hint


def test_a_scikit_learn_without_column_transformers_says_so(people, survived, monkeypatch):
    """0.19 has neither them nor OrdinalEncoders."""
    encoder = LabelEncoder().fit(people.sex)
    model = Ridge().fit(encoded(people[["age", "sex"]], {"sex": encoder}), survived)
    monkeypatch.setitem(sys.modules, "sklearn.compose", None)
    message, _ = refusal([step({"sex": encoder})], model)
    assert "has no ColumnTransformer and no OrdinalEncoder" in message


def test_a_dict_of_steps_by_role_is_taken_apart_by_its_keys(people, survived):
    """The hint names each part as an option."""
    numbers = people[["age", "fare"]]
    parts = {"scale": StandardScaler().fit(numbers), "reduce": PCA(1).fit(numbers), "seed": 7}
    model = Ridge().fit(numbers[["age"]], survived)
    message, hint = refusal([step(parts, "prep.pkl")], model)
    assert message == (
        "prep.pkl holds a dict of 3, not one step: scale: StandardScaler, reduce: PCA, seed: int."
    )
    assert "`--before prep.pkl:scale --before prep.pkl:reduce`" in hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            [StandardScaler().fit([[1.0]])],
            "Element 0 of the list is a StandardScaler, which prepares",
        ),
        ([Ridge().fit([[1.0]], [1]), Ridge().fit([[1.0]], [1])], "Element 0 .* does not transform"),
        ([StandardScaler().fit([[1.0, 2.0]]), Ridge().fit([[1.0]], [1])], "Element 0 .* 2 columns"),
        (StandardScaler().fit([[1.0]]), "The model is a StandardScaler, which prepares rows"),
    ],
)
def test_a_list_in_memory_that_is_no_model_is_refused(given, said):
    """Elements are named by their place; no hint speaks of the command line."""
    with pytest.raises(ModelUnreadableError, match=said) as caught:
        poner.compile(given)
    assert "--" not in caught.value.hint
