"""The native engine: a compiled model in memory, the kernel's tables and the names around them."""

import os

from poner_runtime import _kernel


def open_beside(path: str) -> "Model":
    """The model.poner in the folder of a file; `__file__` of lambda_function.py."""
    with open(os.path.join(os.path.dirname(path), "model.poner"), "rb") as file:  # noqa: PTH118, PTH120, PTH123  # pathlib costs a tenth of the cold start
        return Model(file.read())


class Model:
    """A compiled model file, checked and ready to answer.

    Raises:
        BadModelError: the file does not hold together; a ValueError.
    """

    RefusedError = _kernel.RefusedError
    BEYOND = _kernel.BEYOND
    UNKNOWN = _kernel.UNKNOWN

    def __init__(self, content: bytes) -> None:
        self.tables = _kernel.open_model(content)
        """The kernel's own object, for the functions of `_kernel`."""
        self.outputs = dict(_kernel.list_outputs(self.tables))
        """Values a row of each output, by the output's number."""

    @property
    def served(self) -> "_kernel.Served":
        """What the handler must know of the model.

        Raises:
            BadModelError: the file holds tables alone.
        """
        return _kernel.describe(self.tables)

    def predict_row(self, values: "tuple[float, ...]") -> "float | tuple[float, ...]":
        """Index of the class, or a regressor's value, for one row in the order of the features.

        Of several outputs, a tuple of them.

        Raises:
            RefusedError: the model takes no such row; its arguments are 0, the column or -1, and
                the reason.
        """
        return _kernel.evaluate_row(self.tables, _kernel.PREDICT, values)

    def body_reader(self):  # type: ignore[no-untyped-def]  # noqa: ANN201  # Callable is in typing
        """A function that predicts from a plain JSON request in UTF-8.

        That is an object with one value for each feature. For anything else, and for what the
        model does not take, it answers None.
        """
        tables, predict_body = self.tables, _kernel.predict_body
        return lambda body: predict_body(tables, body)

    def evaluate(self, output: int, rows: bytes) -> bytearray:
        """One output for many rows, float64 row after row.

        Raises:
            RefusedError: as above, with the row.
        """
        return _kernel.evaluate(self.tables, output, rows)
