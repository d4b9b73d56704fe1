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
        BadModelError: the file breaks a rule of the format; a ValueError.
    """

    RefusedError = _kernel.RefusedError
    BEYOND = _kernel.BEYOND
    UNKNOWN = _kernel.UNKNOWN

    def __init__(self, content: bytes) -> None:
        self.tables = _kernel.open_model(content)
        """The kernel's own object, for the functions of `_kernel`."""
        self.outputs = dict(_kernel.list_outputs(self.tables))
        """Number of values in a row of each output, by the output's number."""

    @property
    def served(self) -> "_kernel.Served":
        """The facts that the handler needs about the model.

        Raises:
            BadModelError: the file has no section with these facts.
        """
        return _kernel.describe(self.tables)

    def predict_row(self, values: "tuple[float, ...]") -> "float | tuple[float, ...]":
        """Index of the class, or a regressor's value, for one row in the order of the features.

        A model of several outputs gives a tuple of them.

        Raises:
            RefusedError: the model refuses the row; the error's arguments are 0, the column or -1,
                and the reason.
        """
        return _kernel.evaluate_row(self.tables, _kernel.PREDICT, values)

    def body_reader(self):  # type: ignore[no-untyped-def]  # noqa: ANN201  # Callable is in typing
        """A function that predicts from a plain JSON request in UTF-8.

        A plain request is an object with one value for each feature. The function returns None
        for any other body, and for a row that the model refuses.
        """
        tables, predict_body = self.tables, _kernel.predict_body
        return lambda body: predict_body(tables, body)

    def evaluate(self, output: int, rows: bytes) -> bytearray:
        """One output for many rows, float64 row after row.

        Raises:
            RefusedError: the model refuses a row; the first argument is the row's index.
        """
        return _kernel.evaluate(self.tables, output, rows)
