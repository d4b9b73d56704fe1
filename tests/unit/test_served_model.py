"""A function's facts about its model: equal for every engine, and checked on opening."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from typing import Any

import pytest

from poner.artifacts import Provenance
from poner.compiler.program import Output, ProgramBuilder
from poner.compiler.tables import add_section, write_tables
from poner.errors import SignatureError
from poner.served_model import (
    ServedModel,
    choose_body_limit,
    longest_request_bytes,
    read_section,
)
from poner.signature import Feature, Signature
from poner_runtime import _kernel

PROVENANCE = Provenance("clf\udce9.sav", "ab", "1.2.1", "1.24.1", "3.11.0", {"accuracy": 0.97})
FEATURES = (
    Feature("worstArea", "worst area", "number", False, 185.2, 4254.0, (1.0, 2.5, 1e300)),
    Feature("añil", "", "category", True, categories=("red", "unseen", "")),
    Feature("c", "c", "number", False, minimum=-0.5),
    Feature("d", "d", "category", categories=("unseen", "sea")),
)
IGNORED = Feature("day", "the day", missing=True, ignored=True)
TEXTS = ("red", "", "sea", "half \ud83d", 'say "x"\n', "r")
SERVED = ServedModel(
    Signature(FEATURES, ("no", "yes"), ("benign", "🦀"), "diagnosis"), "float32", 200, TEXTS
)
COUNTS = 8
"""Where the section's counts begin; each list of strings has one."""
HEADER_BYTES, FEATURE_BYTES = 56, 32
BODY_LIMIT = 52
"""Where the longest body stands."""


def make_file(served: ServedModel, n_outputs: int | None = None) -> bytes:
    """A model file that answers with the first features."""
    outputs = served.signature.output_classes
    builder = ProgramBuilder(len(served.signature.features))
    width = n_outputs or len(outputs or "1")
    program = builder.finish({Output.PREDICT: builder.select(0, list(range(width)))})
    return add_section(write_tables(program), served.to_section(PROVENANCE))


def section_of(content: bytes) -> bytes:
    """The section of a model file."""
    start, size = struct.unpack_from("<QQ", content, 40)
    return content[start : start + size]


def with_section(section: bytes) -> bytes:
    """The tables of `SERVED` with another section."""
    content = make_file(SERVED)
    start = struct.unpack_from("<Q", content, 40)[0]
    tables = bytearray(content[:start])
    struct.pack_into("<3Q", tables, 32, len(tables), 0, 0)
    return add_section(bytes(tables), section)


def refusal(content: bytes) -> str:
    """The kernel's sentence about a file that it refuses."""
    with pytest.raises(_kernel.BadModelError) as caught:
        _kernel.open_model(content)
    return str(caught.value)


def classifier(*classes: Any) -> ServedModel:
    """The ServedModel of a classifier."""
    return replace(SERVED, signature=replace(SERVED.signature, classes=classes, labels=None))


@pytest.mark.parametrize(
    "served",
    [
        SERVED,
        ServedModel(Signature(FEATURES[:1], None), "float64", 65_536),
        ServedModel(Signature((IGNORED, *FEATURES[:1]), None), "float64", 65_536),
        classifier(False, True),
        classifier(-(10**400), 0, 10**19),
        classifier(0.1, 1e22, -1e-300, 5e-324, 3.0),
        classifier("", "añil", '"', "\\", "\n\x00\x7f", "🦀", "</script>"),
        classifier(("no", "yes"), (False, True), (1, 2.5, "x")),
    ],
    ids=["whole", "regressor", "ignored", "bools", "integers", "floats", "texts", "outputs"],
)
def test_a_file_gives_back_what_was_served(served: ServedModel) -> None:
    """Features, classes, labels, target, texts, provenance: all that was written is read."""
    content = make_file(served)
    _kernel.open_model(content)
    assert read_section(content) == (served, PROVENANCE)


@pytest.mark.parametrize(
    "served",
    [
        SERVED,
        classifier((1, 2.5, "é"), (True,)),
        replace(SERVED, signature=replace(SERVED.signature, features=(IGNORED, *FEATURES))),
    ],
    ids=["one", "two", "ignored"],
)
def test_every_engine_is_told_the_same(served: ServedModel) -> None:
    """The kernel's answer and the JSON of other engines have the same keys and values."""
    told = dict(_kernel.describe(_kernel.open_model(make_file(served))))
    for key in ("is_text", "missing", "ignored"):
        told[key] = list(map(bool, told[key]))  # type: ignore[call-overload]
    from_json = json.loads(served.to_json())
    assert from_json.pop("version") == 3
    assert told.pop("vocabulary") == TEXTS
    assert from_json.pop("vocabulary") is None  # other engines take the texts themselves
    assert json.loads(json.dumps(told)) == from_json


def test_a_class_is_kept_as_the_json_that_is_answered() -> None:
    """The text is that of Python's json, character for character."""
    names = (True, 10**30, 1e22, 0.1, 'é"\u2028')
    told = _kernel.describe(_kernel.open_model(make_file(classifier(*names))))
    assert told["classes"] == (tuple(map(json.dumps, names)),)


def test_labels_must_fit_the_classes() -> None:
    """A signature.json with a label too few is an error that says so."""
    with pytest.raises(SignatureError, match="1 labels for 2 classes"):
        replace(SERVED, signature=replace(SERVED.signature, labels=("benign",)))


def test_tables_alone_can_be_evaluated_but_not_served() -> None:
    """Tables without a section, as the compiler makes first, can be evaluated, but not served."""
    builder = ProgramBuilder(1)
    tables = write_tables(builder.finish({Output.PREDICT: builder.select(0, [0])}))
    model = _kernel.open_model(tables)
    assert _kernel.evaluate_row(model, 1, (2.0,)) == 2.0
    for ask in (_kernel.describe, lambda model: _kernel.predict_body(model, b"{}")):
        with pytest.raises(_kernel.BadModelError, match="has no description of its features"):
            ask(model)
    with pytest.raises(ValueError, match="has no description of its features"):
        read_section(tables)


def test_a_section_cut_anywhere_is_refused() -> None:
    """A section cut at any byte is refused, even if the file's header agrees."""
    section = section_of(make_file(SERVED))
    for size in range(1, len(section)):
        assert refusal(with_section(section[:size]))
    assert refusal(with_section(section + b"\0"))


def test_a_header_with_another_number_is_refused() -> None:
    """The version and each count: one more, one less, and the largest."""
    section = section_of(make_file(SERVED))
    for place in range(0, BODY_LIMIT, 4):
        (own,) = struct.unpack_from("<I", section, place)
        for value in {own + 1, max(own - 1, 0), 0xFFFF_FFFF, 0x8000_0000} - {own}:
            if place == 4 and value == 1:  # the other type of numbers
                continue
            changed = bytearray(section)
            struct.pack_into("<I", changed, place, value)
            assert refusal(with_section(bytes(changed))), (place, value)


def test_a_model_that_reads_no_body_is_refused() -> None:
    """A body limit of 0 is refused, since every request would get 413."""
    section = bytearray(section_of(make_file(SERVED)))
    struct.pack_into("<I", section, BODY_LIMIT, 0)
    assert "no limit for request bodies" in refusal(with_section(bytes(section)))


@pytest.mark.parametrize("more", range(8))
@pytest.mark.parametrize("fewer", range(8))
def test_a_string_counted_in_another_list_is_refused(more: int, fewer: int) -> None:
    """One list has a string more, another one less: as many as there are."""
    section = bytearray(section_of(make_file(SERVED)))
    counts = list(struct.unpack_from("<8I", section, COUNTS))
    assert all(counts)
    counts[more] += 1
    counts[fewer] -= 1
    struct.pack_into("<8I", section, COUNTS, *counts)
    if more != fewer:
        assert refusal(with_section(bytes(section)))


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "wrong number of features"),
        (5, "one label for each class"),
        (6, "wrong number of names"),
        (7, "wrong number of names"),
    ],
)
def test_a_string_too_many_is_refused(number: int, sentence: str) -> None:
    """An empty one at the end of a list, in a section that holds together otherwise."""
    section = bytearray(section_of(make_file(SERVED)))
    counts = struct.unpack_from("<8I", section, COUNTS)
    start, _ = tables_of(section)["string_ends"]
    before = start + 4 * sum(counts[: number + 1])
    section[before:before] = section[before - 4 : before]
    struct.pack_into("<I", section, COUNTS + 4 * number, counts[number] + 1)
    assert sentence in refusal(with_section(bytes(section)))


def test_an_output_without_classes_is_refused() -> None:
    """An output without classes is refused."""
    content = make_file(classifier(("no", "yes"), (1, 2)))
    section = section_of(content)
    start, size = tables_of(section)["class_ends"]
    assert struct.unpack_from(f"<{size}I", section, start) == (2, 4)
    place = content.index(section) + start
    assert "an output has no classes" in refusal(
        content[:place] + struct.pack("<I", 4) + content[place + 4 :]
    )


def tables_of(section: bytes | bytearray) -> dict[str, tuple[int, int]]:
    """Where each table of u32 in a section begins, and how many it has."""
    *counts, n_quantiles, n_categories, n_outputs, _ = struct.unpack_from("<12I", section, COUNTS)
    place = HEADER_BYTES + FEATURE_BYTES * counts[0] + 8 * n_quantiles
    tables = {}
    sizes = {"categories": n_categories, "class_ends": n_outputs, "name_order": counts[0]}
    for name, size in {**sizes, "text_order": counts[2], "string_ends": sum(counts)}.items():
        tables[name] = (place, size)
        place += 4 * size
    return tables


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("categories", "text does not exist"),
        ("class_ends", "belongs to no output"),
        ("name_order", "out of order"),
        ("text_order", "out of order"),
        ("string_ends", "cut off or damaged"),
    ],
)
def test_a_number_that_leads_out_of_its_table_is_refused(table: str, sentence: str) -> None:
    """Whichever of the table's numbers it is."""
    section = section_of(make_file(SERVED))
    start, size = tables_of(section)[table]
    for place in range(start, start + 4 * size, 4):
        changed = bytearray(section)
        struct.pack_into("<I", changed, place, 0xFFFF_FFFF)
        assert sentence in refusal(with_section(bytes(changed)))


@pytest.mark.parametrize(
    ("feature", "offset", "value", "sentence"),
    [
        (3, 0, 2, "no known kind"),
        (3, 4, 16, "no known kind"),
        (1, 24, 2, "out of order"),
        (3, 24, 4, "out of order"),
        (3, 24, 0x8000_0000, "out of order"),
        (2, 28, 1, "out of order"),
        (3, 28, 4, "out of order"),
        (3, 28, 6, "out of order"),
    ],
)
def test_a_damaged_feature_is_refused(feature: int, offset: int, value: int, sentence: str) -> None:
    """Kind, flags, and ends: they ascend, and the last ones are the numbers of all."""
    section = bytearray(section_of(make_file(SERVED)))
    struct.pack_into("<I", section, HEADER_BYTES + feature * FEATURE_BYTES + offset, value)
    assert sentence in refusal(with_section(bytes(section)))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"worstArea", b"\xf5orstArea", "not UTF-8"),
        ("añil".encode(), b"a\xc0\x80il", "not UTF-8"),
        (b"worst area", b"wors\xed\xa0\x80rea", "not UTF-8"),
        ("🦀".encode(), b"\xf4\x90\x80\x80", "not UTF-8"),
        (b"half \xed\xa0\xbd", b"half \xe0\x80\xbd", "not UTF-8"),
        (b'"no"', b'"no\\', "a class is not JSON"),
        (b'"no"', b'"n""', "a class is not JSON"),
        (b'"no"', b"NaN0", "a class is not JSON"),
        (b'"no"', b"1.e0", "a class is not JSON"),
        (b'"no"', b"-012", "a class is not JSON"),
        (b'"yes"', b'"\\u0"', "a class is not JSON"),
        (b'"yes"', b'"y\ns"', "a class is not JSON"),
        (b'"yes"', '"yé"'.encode(), "a class is not JSON"),
    ],
    ids=repr,
)
def test_damaged_strings_are_refused(old: bytes, new: bytes, sentence: str) -> None:
    """Names must be UTF-8, texts may hold half a pair of surrogates, classes are JSON of ASCII."""
    section = section_of(make_file(SERVED))
    changed = section.replace(old, new.ljust(len(old)), 1)
    assert changed != section
    assert sentence in refusal(with_section(changed))


def test_two_features_of_one_name_are_refused() -> None:
    """So are two texts that are the same: a request would fit both."""
    section = section_of(make_file(SERVED))
    assert "same name" in refusal(with_section(section.replace(b"cd", b"cc", 1)))
    assert "the same" in refusal(with_section(section.replace(b"redsea", b"seasea", 1)))


def test_a_model_that_predicts_another_number_of_outputs_is_refused() -> None:
    """A model whose predict has another width than the number of outputs is refused."""
    assert "number of outputs" in refusal(make_file(SERVED, n_outputs=2))


def test_ranges_and_quantiles_may_be_any_numbers() -> None:
    """Ranges and quantiles may be any numbers, since signature.json can be edited."""
    odd = replace(FEATURES[0], minimum=math.inf, maximum=-math.inf, quantiles=(math.inf, 0.0))
    served = ServedModel(Signature((odd,), None), "float64", 65_536)
    content = make_file(served)
    _kernel.open_model(content)
    assert read_section(content)[0] == served


def test_the_longest_request_has_room_for_every_row() -> None:
    """Numbers of all digits and signs, the longest text, and names that JSON escapes."""
    row = {
        "worstArea": -1.7976931348623157e308,
        "añil": "unseen",
        "c": -2.2250738585072014e-308,
        "d": "unseen",
    }
    needed_bytes = longest_request_bytes(SERVED.signature)
    assert len(json.dumps(row)) <= needed_bytes <= len(json.dumps(row)) + 10


@pytest.mark.parametrize(
    ("width", "limit_bytes"), [(10, 65_536), (1_000_000, 6_291_456)], ids=["narrow", "wide"]
)
def test_the_body_limit_has_a_floor_and_a_ceiling(width: int, limit_bytes: int) -> None:
    """64 KiB for usual models, and what Lambda takes for the widest."""
    signature = Signature((Feature("x", "x"),) * width, None)
    assert choose_body_limit(signature) == limit_bytes
