"""The form of rows that a model with classes of the user's own takes, found by asking it."""

import numpy as np
import pytest

from poner.artifacts import Table
from poner.errors import ModelUnreadableError
from poner.loader.row_form import NO_FRAMES, frame_columns
from poner.signature import Feature, Signature

SIGNATURE = Signature(
    (Feature("a", "the a", minimum=2.0), Feature("b", "the b", "category", categories=("x",))),
    None,
)
NO_ROWS = Table(np.empty((0, 2)), SIGNATURE.kinds)


class Model:
    """The child with its model, and the oracle that asks it."""

    def __init__(self, *taken, has_pandas=True, ended=False):
        self.taken, self.has_pandas = taken, has_pandas
        self.over = ModelUnreadableError("it ended", "") if ended else None
        self.form = "array"
        self.rows = []

    def ask(self, request, *, timeout_s):
        """Load the model again for the form that the request says."""
        if request["columns"] is not None and not self.has_pandas:
            raise ModelUnreadableError("no pandas", "")
        self.form = "array" if request["columns"] is None else "frame"

    def answer(self, method, rows, place=()):
        """Refuse rows of another form than those it takes."""
        self.rows.append(rows)
        if self.form not in self.taken:
            raise ModelUnreadableError("it raised", "")
        return np.zeros(len(rows))


def found(model, **options):
    """The columns of the model's DataFrames, and the lines for the user."""
    lines = []
    options = {"frames_first": False, "notify": lines.append, **options}
    return frame_columns(model, model, SIGNATURE, NO_ROWS, **options), lines


@pytest.mark.parametrize(
    ("taken", "frames_first", "form"),
    [
        (["array", "frame"], False, "array"),
        (["array", "frame"], True, "frame"),
        (["array"], True, "array"),
        (["frame"], False, "frame"),
        ([], False, "array"),
    ],
)
def test_the_model_gets_a_form_that_it_answers(taken, frames_first, form):
    """The preferred one, if it answers both; arrays, if it answers neither."""
    model = Model(*taken)
    columns, lines = found(model, frames_first=frames_first)
    assert model.form == form
    assert columns == (("the a", "the b") if form == "frame" else None)
    assert lines == []


def test_without_training_rows_a_row_of_the_signature_is_tried():
    """A number that was seen in training, and a text that the model knows."""
    model = Model("array")
    found(model)
    assert model.rows[0].numbers.tolist() == [[2.0, 0.0]]
    assert list(model.rows[0].vocabulary) == ["x"]


def test_the_user_is_told_if_dataframes_could_not_be_tried():
    """The line names the requirement."""
    assert found(Model(has_pandas=False)) == (None, [NO_FRAMES])


def test_a_child_that_has_ended_is_an_error():
    """No other form is tried."""
    with pytest.raises(ModelUnreadableError, match="it raised"):
        found(Model(ended=True))
