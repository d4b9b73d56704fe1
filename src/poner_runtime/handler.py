"""The HTTP contract: one request in, one prediction or one reason out (docs/architecture.md)."""

import json
import os

UNKNOWN_CODE = -1.0  # the category code of a text that the model does not know
_JSON_HEADERS = {"content-type": "application/json"}
_LONGEST_SHOWN_KEY = 64
_NO_REQUEST = "the event must be a request of a Function URL"
_JSON_NAMES = {
    float: "a number",
    str: "a string",
    bool: "a boolean",
    list: "an array",
    dict: "an object",
}


class _RefusedError(Exception):
    """The request cannot be answered; the reason names a field and never repeats a value."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(status, reason)
        self.response = _respond(status, reason, '""', **headers)


def create_handler(model):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201  # Callable and Protocol are in typing
    """The function that AWS Lambda calls, for an opened model.

    Args:
        model: the model that an engine's `open_beside` returns. It has `served`,
            `predict_row(values)`, which raises its RefusedError, `body_reader()`, and the reasons
            BEYOND and UNKNOWN.
    """
    answer = Endpoint(model).answer

    def lambda_handler(event: dict, context: object) -> dict:  # type: ignore[type-arg]
        """Answer one request of a Function URL (payload format 2.0)."""
        try:
            return answer(event)
        except _RefusedError as refused:
            return refused.response
        except Exception as error:  # noqa: BLE001  # the boundary: an error in poner shows no traceback
            _log(error, getattr(context, "aws_request_id", ""))
            return _respond(500, "internal error", '""')

    return lambda_handler


class Endpoint:
    """A model behind the contract."""

    def __init__(self, model) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # an engine's
        served = model.served
        self._model = model
        self._body_limit_bytes = served["body_limit_bytes"]
        self._names = served["wire_names"]
        self._missing = served["missing"]
        self._ignored = served["ignored"]
        self._has_ignored = any(self._ignored)
        self._is_text = served["is_text"]
        # The kernel takes a category's code; other engines take the text itself.
        vocabulary = served["vocabulary"]
        self._codes = None
        if vocabulary is not None:
            self._codes = {text: float(code) for code, text in enumerate(vocabulary)}
        self._number_type = served["number_type"]
        # A classifier has few possible answers, so each is written once, here.
        self._classes = served["classes"]
        self._responses = None
        if self._classes and len(self._classes) == 1:
            self._responses = [_respond(200, "OK", name) for name in self._classes[0]]
        # All numbers are read as floats, NaN and Infinity as their text in the body.
        self._decode = json.JSONDecoder(
            object_pairs_hook=_unique, parse_int=float, parse_constant=_NonFinite
        ).decode
        self._predict_body = model.body_reader()

    def answer(self, event: dict) -> dict:  # type: ignore[type-arg]
        """The response to one event."""
        _check_method(event)
        prediction = self._predict_plainly(event)
        if prediction is None:
            prediction = self._predict_carefully(self._read_values(self._read_body(event)))
        if self._responses:
            response: dict = self._responses[int(prediction)]  # type: ignore[type-arg,arg-type]  # one output
            return response
        if type(prediction) is tuple:
            return _respond(200, "OK", self._list_of(prediction))
        return _respond(200, "OK", _finite(prediction))  # type: ignore[arg-type]  # no tuple

    def _predict_plainly(self, event: dict) -> "float | tuple[float, ...] | None":  # type: ignore[type-arg]
        """The prediction for a plain and valid body; None for every other body.

        The kernel reads such a body itself: between two requests Python's code for JSON leaves
        the processor's caches, and running it again takes longer than the model. Only
        `_predict_carefully` can say what is wrong with a body; other engines always use it.
        """
        try:
            body = event["body"]
            if (
                self._predict_body is None
                or event["isBase64Encoded"]
                or len(body) * 4 > self._body_limit_bytes
            ):
                return None
            return self._predict_body(body.encode())  # type: ignore[no-any-return]  # an engine's
        except (KeyError, TypeError, AttributeError, ValueError):
            return None

    def _predict_carefully(self, values: "tuple[float | str, ...]") -> "float | tuple[float, ...]":
        """The prediction for a row.

        Raises:
            _RefusedError: the model does not take the row; the reason names the feature.
        """
        model = self._model
        try:
            return model.predict_row(values)  # type: ignore[no-any-return]  # an engine's
        except model.RefusedError as refused:
            _, column, reason = refused.args
        if column < 0:  # the refused value is computed from several features
            raise _RefusedError(400, "'body' holds values that the model does not take")
        name = self._names[column]
        if reason == model.UNKNOWN:
            raise _RefusedError(400, f"'{name}' is a category the model does not know")
        if values[column] != values[column]:
            raise self._ill_typed(column, None)
        if reason == model.BEYOND:
            raise self._beyond(name)
        raise _RefusedError(400, f"'{name}' holds a value that the model does not take")

    def _list_of(self, prediction: "tuple[float, ...]") -> str:
        """Several outputs as a JSON array."""
        if self._classes:
            parts = [names[int(place)] for names, place in zip(self._classes, prediction)]
        else:
            parts = [_finite(value) for value in prediction]
        return "[" + ",".join(parts) + "]"

    def _read_body(self, event: dict) -> object:  # type: ignore[type-arg]
        """The body as Python values, in which every number is a float."""
        body = event.get("body", "")
        if isinstance(body, dict):  # a test event typed into AWS's console
            try:
                body = json.dumps(body)
            except RecursionError:
                raise _too_deep() from None
        if not isinstance(body, str):
            raise _RefusedError(400, "'body' must be JSON")
        if event.get("isBase64Encoded"):
            body = self._decode_base64(body)
        elif len(body) > self._body_limit_bytes or (
            not body.isascii()
            and len(body.encode("utf-8", "surrogatepass")) > self._body_limit_bytes
        ):
            raise self._too_long()
        try:
            return self._decode(body)
        except RecursionError:
            raise _too_deep() from None
        except ValueError:
            raise _RefusedError(400, "'body' must be JSON") from None

    def _decode_base64(self, body: str) -> str:
        """The text of a body that came without a JSON content type."""
        from binascii import a2b_base64

        if len(body) > self._body_limit_bytes * 4 // 3 + 4:
            raise self._too_long()
        try:
            content = a2b_base64(body)
            if len(content) > self._body_limit_bytes:
                raise self._too_long()
            return content.decode()
        except ValueError:  # of the base64 or of the UTF-8
            raise _RefusedError(400, "'body' must be JSON") from None

    def _read_values(self, body: object) -> "tuple[float | str, ...]":
        """The features' values in the model's order."""
        if type(body) is not dict:
            raise _RefusedError(400, "'body' must be a JSON object")
        if self._has_ignored:
            body = self._fill_ignored(body)
        try:
            values = [body[name] for name in self._names]
        except KeyError:
            names = ", ".join(name for name, one in zip(self._names, self._ignored) if not one)
            raise _RefusedError(400, f"'body' must contain values for: {names}") from None
        if len(body) != len(values):
            raise self._unknown_key(body)
        is_text, codes = self._is_text, self._codes
        for position, value in enumerate(values):
            if is_text[position]:
                if type(value) is str:
                    if codes is not None:
                        values[position] = codes.get(value, UNKNOWN_CODE)
                    continue
            elif type(value) is float and value - value == 0:
                continue
            if value is not None or not self._missing[position]:
                raise self._ill_typed(position, value)
            values[position] = float("nan")
        return tuple(values)

    def _fill_ignored(self, body: dict) -> dict:  # type: ignore[type-arg]
        """The body with null for each feature that the model ignores, whatever it holds there."""
        ignored = zip(self._names, self._ignored)
        return {**body, **{name: None for name, is_ignored in ignored if is_ignored}}

    def _ill_typed(self, position: int, value: object) -> _RefusedError:
        name = self._names[position]
        wanted = "a string" if self._is_text[position] else "a number"
        if type(value) is float and not self._is_text[position]:
            return self._beyond(name)
        if type(value) is _NonFinite:
            return _RefusedError(400, f"'{name}' must be {wanted}, not NaN or Infinity")
        what = _JSON_NAMES.get(type(value), "null")
        return _RefusedError(400, f"'{name}' must be {wanted}, not {what}")

    def _beyond(self, name: str) -> _RefusedError:
        return _RefusedError(400, f"'{name}' is beyond what the model takes ({self._number_type})")

    def _unknown_key(self, body: "dict[str, object]") -> _RefusedError:
        key = next(key for key in body if key not in self._names)
        return _RefusedError(400, f"'body' contains {_show(key)}, which the model does not know")

    def _too_long(self) -> _RefusedError:
        return _RefusedError(413, f"'body' must be at most {self._body_limit_bytes} bytes")


def _check_method(event: object) -> None:
    """Refuse every event but a POST request, from any service that sends HTTP to Lambda.

    The method is in requestContext.http.method (Function URL, API Gateway v2), httpMethod (API
    Gateway v1, load balancers) or method (VPC Lattice; AWS's documentation of each, 2026-11).
    """
    if not isinstance(event, dict):
        raise _RefusedError(400, _NO_REQUEST)
    context = event.get("requestContext")
    if context is None:
        context = {}
    elif not isinstance(context, dict):
        raise _RefusedError(400, _NO_REQUEST)
    http = context.get("http")
    if http is not None and not isinstance(http, dict):
        raise _RefusedError(400, _NO_REQUEST)
    methods = (
        None if http is None else http.get("method"),
        event.get("httpMethod"),
        context.get("httpMethod"),
        event.get("method"),
    )
    for method in methods:
        if method is not None and method != "POST":
            raise _RefusedError(405, "only POST is served", allow="POST")


def _too_deep() -> _RefusedError:
    return _RefusedError(400, "'body' is nested too deeply")


class _NonFinite(str):
    """NaN, Infinity or -Infinity, as written in the body."""

    __slots__ = ()


def _unique(pairs: "list[tuple[str, object]]") -> "dict[str, object]":
    """The object with these pairs; a key that comes twice is refused, where dict keeps the last."""
    body = dict(pairs)
    if len(body) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _RefusedError(400, f"'body' contains {_show(key)} twice")
    return body


def _show(key: str) -> str:
    """The caller's key in quotes, shortened, with lone surrogates replaced."""
    cut = key if len(key) <= _LONGEST_SHOWN_KEY else key[:_LONGEST_SHOWN_KEY] + "..."
    return "'" + cut.encode("utf-8", "replace").decode() + "'"


def _finite(value: float) -> str:
    """A regressor's value as JSON, which has no word for infinity."""
    if value - value != 0:
        raise _RefusedError(400, "'body' holds values for which the model has no finite answer")
    return repr(value)


def _respond(status: int, reason: str, prediction: str, **headers: str) -> dict:  # type: ignore[type-arg]
    """A Function URL's response; `prediction` is JSON already."""
    body = f'{{"reason":{json.dumps(reason)},"prediction":{prediction},"status":"{status}"}}'
    return {"statusCode": status, "headers": {**_JSON_HEADERS, **headers}, "body": body}


def _log(error: Exception, request_id: str) -> None:
    """Log the type and place of an error in one line, without its text, which may hold a value."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = place and f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}"  # noqa: PTH119
    line = {
        "level": "ERROR",
        "requestId": request_id,
        "error": type(error).__name__,
        "where": where,
    }
    print(json.dumps(line))  # noqa: T201  # standard output is the log on Lambda
