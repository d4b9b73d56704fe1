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
        """What the tables do not say: `features`, `strings`, `classes`; a dict."""
        self.outputs = dict(_kernel.list_outputs(self.tables))
        """Values a row of each output, by the output's number."""

    def predict_row(self, values: "tuple[float, ...]") -> "float | tuple[float, ...]":
        """Index of the class, or a regressor's value, for one row in the order of the features.

        Of several outputs, a tuple of them.

        Raises:
            RefusedError: the model takes no such row; its arguments are 0, the column or -1, and
                the reason.
        """
        return _kernel.evaluate_row(self.tables, _kernel.PREDICT, values)

    def predict_body(
        self, names: "tuple[bytes, ...]", kinds: bytes, texts: bytes, body: bytes
    ) -> "float | tuple[float, ...] | None":
        """The same for a plain JSON request: an object with one value for each name.

        None where the body is anything else, or the model takes no such row.

        Args:
            names: of the features, in UTF-8.
            kinds: a byte a feature: 1 for a text, plus 2 where null is taken.
            texts: the known ones, as `pack_texts` puts them together.
            body: the request, in UTF-8.
        """
        return _kernel.predict_body(self.tables, names, kinds, texts, body)

    def evaluate(self, output: int, rows: bytes) -> bytearray:
        """One output for many rows, float64 row after row.

        Raises:
            RefusedError: as above, with the row.
        """
        return _kernel.evaluate(self.tables, output, rows)


def pack_texts(texts: "list[str]") -> bytes:
    """Texts as the kernel's reader of requests wants them: of each its size, and its UTF-8."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join([part for one in encoded for part in (len(one).to_bytes(4, "little"), one)])
