"""Converts an estimator to ONNX with skl2onnx, in the environment that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

TARGET_OPSET = {"": 18, "ai.onnx.ml": 3}
"""Operator sets that onnxruntime 1.16 and later support (its documentation on opsets)."""

IR_VERSION = 8
"""Version of the file format that belongs to these operator sets (onnx's table of releases)."""

NUMBER_TYPES = ("float64", "float32")
"""Number types to try, in this order: float64 gives the model's precision, but only float32 is
supported by every operator."""

Options = Optional[Mapping[int, Mapping[str, bool]]]


def convert(estimator: Any, kinds: Sequence[str]) -> tuple[dict[str, Any], bytes]:
    """Convert an estimator.

    Args:
        estimator: a fitted estimator, after `poner_runtime.fitted.settle`.
        kinds: the kind of each feature, `number` or `category`.

    Returns:
        `number_type` and `converter` with the graph; if every attempt fails, the `reason` of the
        last one and no bytes.
    """
    import skl2onnx

    reasons = []
    for number_type in NUMBER_TYPES:
        for options in _options(estimator):
            try:
                graph = _graph(estimator, kinds, number_type, options)
                computes_with = "float32" if _holds_float32(graph) else number_type
            except Exception as error:  # noqa: BLE001 - skl2onnx raises whatever its parts raise
                reasons.append(_reason(error))
                continue
            converter = f"skl2onnx {skl2onnx.__version__}"
            return {"number_type": computes_with, "converter": converter}, graph
    return {"reason": reasons[-1]}, b""


def _options(estimator: Any) -> Iterator[Options]:
    """Options for the converter of the last step, the best first.

    `zipmap: False` makes probabilities a matrix instead of a list of dictionaries. `raw_scores`
    makes the scores of a classifier without probabilities those of its decision function.
    LinearSVC does not accept `zipmap` (skl2onnx 1.20).
    """
    from sklearn.base import is_classifier

    last = estimator
    while getattr(last, "steps", None):
        last = last.steps[-1][1]
    if not is_classifier(estimator):
        yield None
        return
    if not hasattr(estimator, "predict_proba"):
        yield {id(last): {"zipmap": False, "raw_scores": True}}
        yield {id(last): {"raw_scores": True}}
    yield {id(last): {"zipmap": False}}


def _graph(estimator: Any, kinds: Sequence[str], number_type: str, options: Options) -> bytes:
    """The graph; onnxruntime opens it once, because skl2onnx also writes invalid graphs."""
    import onnxruntime
    import skl2onnx

    model = skl2onnx.convert_sklearn(
        estimator,
        initial_types=_inputs(kinds, number_type),
        options=options,
        target_opset=TARGET_OPSET,
    )
    model.ir_version = IR_VERSION
    content: bytes = model.SerializeToString()
    wanted = onnxruntime.SessionOptions()
    wanted.intra_op_num_threads = wanted.inter_op_num_threads = 1  # the child may start no thread
    wanted.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, wanted, providers=["CPUExecutionProvider"])
    for output in session.get_outputs():
        if not output.type.startswith("tensor("):
            raise TypeError(f"the output {output.name} is a {output.type}")
    return content


def _holds_float32(graph: bytes) -> bool:
    """Whether a step stores fitted numbers as float32, as SVMs and forests do even with float64."""
    import onnx

    return any(
        node.domain == "ai.onnx.ml" and attribute.type == onnx.AttributeProto.FLOATS
        for node in onnx.load_from_string(graph).graph.node
        for attribute in node.attribute
    )


def _inputs(kinds: Sequence[str], number_type: str) -> list[tuple[str, Any]]:
    """The inputs of the graph: one matrix of numbers, or one column for each feature."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    numbers = DoubleTensorType if number_type == "float64" else FloatTensorType
    if "category" not in kinds:
        return [("X", numbers([None, len(kinds)]))]
    types = {"number": numbers, "category": StringTensorType}
    return [(f"x{place}", types[kind]([None, 1])) for place, kind in enumerate(kinds)]


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
