"""A compiled model in memory: the kernel's tables and the names around them."""

import json

from poner_runtime import _kernel

_METADATA_PLACE = slice(40, 56)  # its offset and size in the file's header: docs/model_format.md


class Model:
    """A compiled model file, checked and ready to answer.

    Raises:
        BadModelError: the file does not hold together; a ValueError, as is damaged metadata.
    """

    def __init__(self, content: bytes) -> None:
        self.tables = _kernel.open_model(content)
        """The kernel's own object, for the functions of `_kernel`."""
        place = content[_METADATA_PLACE]
        start = int.from_bytes(place[:8], "little")
        self.metadata = json.loads(content[start : start + int.from_bytes(place[8:], "little")])
        """What the tables do not say: `features`, `classes`, `largest_input`; a dict."""
        self.outputs = dict(_kernel.list_outputs(self.tables))
        """Values a row of each output, by the output's number."""

    def predict_row(self, values: "tuple[float, ...]") -> float:
        """Index of the class, or a regressor's value, for one row in the order of the features.

        Raises:
            NotFiniteError: a value is infinite, or NaN where the model takes none.
        """
        return _kernel.evaluate_row(self.tables, _kernel.PREDICT, values)  # type: ignore[return-value]  # PREDICT is one value wide

    def predict_body(
        self, names: "tuple[bytes, ...]", body: bytes, largest: float
    ) -> "float | None":
        """The same for a plain JSON request: an object with one number for each name.

        None where the body is anything else, or a number is beyond `largest`.
        """
        return _kernel.predict_body(self.tables, names, body, largest)

    def evaluate(self, output: int, rows: bytes) -> bytes:
        """One output for many rows, float64 row after row.

        Raises:
            NotFiniteError: as above, with the row and the column.
        """
        return _kernel.evaluate(self.tables, output, rows)
