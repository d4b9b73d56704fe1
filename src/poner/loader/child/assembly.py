"""Makes one model of the parts that a user names: steps before a model, and the model.

The result is a Pipeline, which is checked, asked, compiled, converted and shipped like any other.
Each part was fitted by itself, so the widths and the names of the columns are compared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError
from . import column_steps, contents, estimators, placement, transformers
from .contents import Source
from .placement import Columns, Step

ORDER = "Name each step with --before, in the order in which rows pass them."


class Assembled(NamedTuple):
    """One model, made of its parts."""

    estimator: Any
    """The model alone, or a Pipeline."""
    notes: Sequence[str] = ()
    """Sentences on what was decided."""


def assemble(
    steps: Sequence[Step], model: Any, source: Source, names: Sequence[str] | None = None
) -> Assembled:
    """Join steps and a model, if they fit each other.

    Args:
        steps: in the order in which rows pass them.
        model: a fitted estimator that predicts.
        source: where the model comes from.
        names: of the columns that the first step takes, if the user gave them.

    Raises:
        FileUnreadableError: a part is none, or does not fit the next; says which.
    """
    from sklearn.pipeline import Pipeline

    if not steps:
        return Assembled(model)
    assembler = _Assembler(steps, model, source, names)
    made = []
    for place in range(len(steps)):
        transformer = assembler.transformer(place)
        dense = assembler.dense_after(place, transformer)
        made += [transformer] if dense is None else [transformer, dense]
    named = [
        (f"{type(value).__name__.lower()}{number}", value)
        for number, value in enumerate([*made, model], 1)
    ]
    return Assembled(Pipeline(named), assembler.notes)


class _Assembler:
    """Looks along the steps for what each knows of its columns."""

    def __init__(
        self, steps: Sequence[Step], model: Any, source: Source, names: Sequence[str] | None
    ) -> None:
        for step in steps:
            _check_step(step)
        self.steps, self.model = steps, model
        self.sources = [*(step.source for step in steps), source]
        self.notes: list[str] = []
        self.before = [placement.columns_of(model)]
        """The columns that each step takes, and behind them those that the model takes."""
        for step in reversed(steps):
            self.before.insert(0, placement.columns_before(step, self.before[0]))
        if names is not None:
            self._name(Columns(names, len(names)))

    def _name(self, named: Columns) -> None:
        """Give the first columns their names, which stay behind steps that keep columns."""
        self.before[0] = named
        for place, step in enumerate(self.steps, 1):
            placed = placement.find_placed(step, named)
            keeps = bool(placed) and all(own.stays for own in placed)
            if not keeps or self.before[place] != Columns(None, named.width):
                return
            self.before[place] = named

    def transformer(self, place: int) -> Any:
        """The step as a fitted transformer of all columns.

        Raises:
            FileUnreadableError: it does not fit what follows.
        """
        step, columns, after = self.steps[place], self.before[place], self.before[place + 1]
        placed = placement.find_placed(step, after)
        if isinstance(step.value, dict) and (not placed or after.names is None):
            raise _no_columns(step)
        if not placed and contents.encodes_targets(step.value):
            raise _no_column(step, columns)
        if not placed:
            self._check_next(step, place)
            return step.value
        if columns.width is None:
            raise FileUnreadableError(
                f"{step.source.name} is for single columns, and nothing says how many the model "
                "takes.",
                step.source.hint("Give the names of all columns with --features a,b,c."),
            )
        self.notes += placement.describe(step, placed)
        names = columns.names or [f"x{own}" for own in range(columns.width)]
        return column_steps.place_in_columns(
            placed, names, after.names or names, step.source, named=columns.names is not None
        )

    def dense_after(self, place: int, transformer: Any) -> Any:
        """What makes a step's answer an array if the next takes no sparse matrix; else None.

        Models were fitted on `encoder.transform(X).toarray()`, which a Pipeline does not do.
        """
        values = [*(step.value for step in self.steps), self.model]
        width = self.before[place + 1].width
        if (
            width is None
            or not transformers.gives_sparse(transformer)
            or transformers.takes_sparse(values[place + 1], width)
        ):
            return None
        return column_steps.make_dense(width)

    def _check_next(self, step: Step, place: int) -> None:
        """Whether the columns that a step gives are those that the next one takes.

        Raises:
            FileUnreadableError: their number, or the order of their names, differs.
        """
        after, next_source = self.before[place + 1], self.sources[place + 1]
        given = transformers.width_given(step.value)
        if None not in (given, after.width) and given != after.width:
            raise FileUnreadableError(
                f"{step.source.name} gives {given} columns, and {next_source.name} takes "
                f"{after.width}.",
                step.source.hint(
                    f"{ORDER} One that changes some columns is given with their names: "
                    f"`--before age,fare={step.source.quoted}`."
                ),
            )
        own = contents.names_of_columns(step.value)
        if own is None or after.names is None or transformers.names_given(step.value) != own:
            return
        moved = [
            name for name, there in zip(own, after.names) if name != there and name in after.names
        ]
        if moved:
            raise FileUnreadableError(
                f"{step.source.name} and {next_source.name} have the same columns in different "
                f"orders; {moved[0]} is one of them.",
                "Fit both on the same columns in the same order, or save them as one Pipeline.",
            )


def _check_step(step: Step) -> None:
    """Whether rows can pass through a step.

    Raises:
        FileUnreadableError: it is no transformer, or is not fitted.
    """
    value, source = step.value, step.source
    if contents.prepares_columns(value) and not step.columns:
        for key, part in value.items():
            estimators.check_fitted(part, source.at(str(key)))
        return
    entries = contents.entries_of(value)
    if entries is not None:
        usable = [entry.key for entry in entries if hasattr(entry.value, "transform")]
        choices = " ".join(f"--before {source.at(key).quoted}" for key in usable)
        raise FileUnreadableError(
            f"{source.holds(value)}, not one step: {contents.listed(value)}.",
            source.hint(f"Name its parts, in the order in which rows pass them: `{choices}`.")
            if usable
            else "Give a fitted transformer.",
        )
    if not contents.is_estimator(value) or not hasattr(value, "transform"):
        raise FileUnreadableError(
            f"{source.holds(value)}, which does not transform rows.",
            "Give a fitted transformer, such as a scaler, an encoder or a ColumnTransformer.",
        )
    estimators.check_fitted(value, source)


def _no_columns(step: Step) -> FileUnreadableError:
    """The error for a dict whose keys are no columns."""
    return FileUnreadableError(
        f"{step.source.holds(step.value)} by name ({contents.listed(step.value)}), and the model "
        "has no columns of these names.",
        step.source.hint(
            "If these are columns, name all columns with --features a,b,c; otherwise name the "
            f"parts in order: `--before {step.source.quoted}:KEY`."
        ),
    )


def _no_column(step: Step, columns: Columns) -> FileUnreadableError:
    """The error for a LabelEncoder of one of several columns."""
    return FileUnreadableError(
        f"{step.source.holds(step.value)}, which encodes one column, and the model takes "
        f"{columns.width or 'several'}.",
        step.source.hint(
            f"Name the column, `--before COLUMN={step.source.quoted}`; or if it encodes the "
            f"target, give it as `--target-labels {step.source.quoted}`."
        ),
    )
