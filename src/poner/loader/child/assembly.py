"""Makes one model of the parts that a user names: steps before a model, and the model.

The result is a Pipeline, which is checked, asked, compiled, converted and shipped like any other.
Each part was fitted by itself, so the widths and the names of the columns are compared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..safe_pickle.faults import FileUnreadableError
from . import column_steps, contents, estimators, transformers
from .contents import Source

ORDER = "Name each step with --before, in the order in which rows pass them."


class Step(NamedTuple):
    """What stands before the model: a transformer, or a dict with one for each of some columns."""

    value: Any
    """The fitted object."""
    source: Source
    """Where it comes from."""
    columns: tuple[str, ...] = ()
    """The columns that it changes; empty for all, or for those that it knows itself."""


class Columns(NamedTuple):
    """The columns between two steps."""

    names: Sequence[str] | None
    """Their names; None if they have none."""
    width: int | None
    """How many they are; None if that is not known."""


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
        self.steps, self.model = steps, model
        self.sources = [*(step.source for step in steps), source]
        self.notes: list[str] = []
        self.before = [_columns_of(model)]
        """The columns that each step takes, and behind them those that the model takes."""
        for step in reversed(steps):
            stays = _keeps_columns(step, self.before[0])
            self.before.insert(0, self.before[0] if stays else _columns_of(step.value))
        if names is not None:
            self._name(Columns(names, len(names)))

    def _name(self, named: Columns) -> None:
        """Give the first columns their names, which stay behind steps that keep columns."""
        for place, step in enumerate(self.steps):
            self.before[place] = named
            after = self.before[place + 1]
            if after.names is None and after.width == named.width:
                after = named
            if not _keeps_columns(step, after):
                return
        self.before[-1] = named

    def transformer(self, place: int) -> Any:
        """The step as a fitted transformer of all columns.

        Raises:
            FileUnreadableError: it is none, or does not fit what follows.
        """
        step, columns = self.steps[place], self.before[place]
        _check_step(step)
        if isinstance(step.value, dict):
            return self._of_each_column(step, columns)
        chosen = step.columns or self._own_columns(step, columns, self.before[place + 1])
        if chosen:
            return self._of_columns({tuple(chosen): step.value}, columns, step.source)
        self._check_next(step, place)
        return step.value

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

    def _own_columns(self, step: Step, columns: Columns, after: Columns) -> Sequence[str]:
        """The columns that a step changes if it names no others; empty for all of them."""
        if contents.encodes_targets(step.value):
            if columns.width == 1:
                return columns.names or ("x0",)
            raise FileUnreadableError(
                f"{step.source.holds(step.value)}, which encodes one column, and the model takes "
                f"{columns.width or 'several'}.",
                step.source.hint(
                    f"Name the column, `--before COLUMN={step.source.quoted}`; or if it encodes "
                    f"the target, give it as `--target-labels {step.source.quoted}`."
                ),
            )
        if not _is_part(step.value, after):
            return ()
        own = contents.names_of_columns(step.value) or []
        self.notes.append(
            f"{step.source.name} changes the columns {', '.join(own)}; the others pass unchanged."
        )
        return own

    def _of_each_column(self, step: Step, columns: Columns) -> Any:
        """A dict with a transformer for each column; one for the target is left out."""
        names = columns.names or ()
        known: dict[tuple[str, ...], Any] = {
            (str(key),): part for key, part in step.value.items() if str(key) in names
        }
        if not known:
            raise FileUnreadableError(
                f"{step.source.holds(step.value)} by name ({contents.listed(step.value)}), and the "
                "model has no columns of these names.",
                step.source.hint(
                    "If these are columns, name all columns with --features a,b,c; otherwise name "
                    f"the parts in order: `--before {step.source.quoted}:KEY`."
                ),
            )
        for key in step.value:
            if str(key) not in names:
                self.notes.append(
                    f"{step.source.name} also holds a transformer for {key}, which is no column of "
                    "the model, so it is not used. If it encodes the target, add "
                    f"`--target-labels {step.source.at(str(key)).quoted}`."
                )
        return self._of_columns(known, columns, step.source)

    def _of_columns(
        self, chosen: dict[tuple[str, ...], Any], columns: Columns, source: Source
    ) -> Any:
        count = columns.width
        if count is None:
            raise FileUnreadableError(
                f"{source.name} is for single columns, and nothing says how many the model takes.",
                source.hint("Give the names of all columns with --features a,b,c."),
            )
        names = columns.names or [f"x{place}" for place in range(count)]
        placed = {}
        for own, value in chosen.items():
            transformer = column_steps.as_transformer(value, source)
            placed[column_steps.places_of(own, names, source)] = transformer
            given = transformers.width_given(transformer)
            if given not in (None, len(own)):
                raise FileUnreadableError(
                    f"{source.name} gives {given} columns for {len(own)}, so it cannot change "
                    "columns in their places.",
                    "Save the steps and the model as one Pipeline with a ColumnTransformer.",
                )
        return column_steps.place_in_columns(placed, columns.names, count)

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


def _columns_of(estimator: Any) -> Columns:
    names = contents.names_of_columns(estimator)
    count = contents.number_of_columns(estimator)
    return Columns(names, len(names) if count is None and names else count)


def _keeps_columns(step: Step, after: Columns) -> bool:
    """Whether a step changes columns in their places, so that their number and names stay."""
    if isinstance(step.value, dict) or step.columns or contents.encodes_targets(step.value):
        return True
    return _is_part(step.value, after)


def _is_part(transformer: Any, after: Columns) -> bool:
    """Whether a transformer was fitted on some of the columns that follow, and keeps them."""
    own = contents.names_of_columns(transformer)
    return (
        own is not None
        and after.names is not None
        and len(own) < len(after.names)
        and set(own) < set(after.names)
        and transformers.width_given(transformer) == len(own)
    )
