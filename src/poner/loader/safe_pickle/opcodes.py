"""Runs the opcodes of a pickle on a machine's stack, marks and memo.

Opcodes and their arguments: `pickletools` of the standard library, and PEP 307, 3154, 574.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterable
from typing import Any

from .allowance import check_integer
from .faults import FileRefusedError, FileUnreadableError
from .machine import PickleMachine

LARGEST_MEMO = 1 << 32
"""Number of places that LONG_BINPUT can name; the text of PUT could name any number."""


def _ignore(machine: PickleMachine, argument: Any) -> None:
    """FRAME: nothing to do."""


def _protocol(machine: PickleMachine, argument: int) -> None:
    machine.protocol = argument


def _mark(machine: PickleMachine, argument: None) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: PickleMachine, argument: None) -> None:
    if machine.stack:
        del machine.stack[-1]
    else:
        machine.pop_marked()


def _constant(value: Any) -> Callable[[PickleMachine, Any], None]:
    return lambda machine, argument: machine.stack.append(value)


def _empty(kind: Callable[[], Any]) -> Callable[[PickleMachine, Any], None]:
    return lambda machine, argument: machine.stack.append(kind())


def _put(machine: PickleMachine, argument: int) -> None:
    place = int(argument)
    if not 0 <= place < LARGEST_MEMO:
        raise ValueError("a memo of impossible size")
    machine.memo[place] = machine.stack[-1]


def _memoize(machine: PickleMachine, argument: None) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _get(machine: PickleMachine, argument: int) -> None:
    machine.stack.append(machine.memo[int(argument)])


def _tuple_of(length: int) -> Callable[[PickleMachine, Any], None]:
    def step(machine: PickleMachine, argument: None) -> None:
        stack = machine.stack
        if len(stack) < length:
            raise IndexError("a tuple of more items than the stack holds")
        stack[-length:] = [tuple(stack[-length:])]

    return step


def _dict(machine: PickleMachine, argument: None) -> None:
    items = machine.pop_marked()
    target: dict[Any, Any] = {}
    machine.set_items(target, _pairs(items))
    machine.push(target)


def _pairs(items: list[Any]) -> Iterable[tuple[Any, Any]]:
    return [(items[at], items[at + 1]) for at in range(0, len(items), 2)]


def _append(machine: PickleMachine, argument: None) -> None:
    item = machine.stack.pop()
    machine.append(machine.stack[-1], [item])


def _appends(machine: PickleMachine, argument: None) -> None:
    items = machine.pop_marked()
    machine.append(machine.stack[-1], items)


def _set_item(machine: PickleMachine, argument: None) -> None:
    value = machine.stack.pop()
    key = machine.stack.pop()
    machine.set_items(machine.stack[-1], [(key, value)])


def _set_items(machine: PickleMachine, argument: None) -> None:
    items = machine.pop_marked()
    machine.set_items(machine.stack[-1], _pairs(items))


def _add_items(machine: PickleMachine, argument: None) -> None:
    items = machine.pop_marked()
    machine.add(machine.stack[-1], items)


def _global(machine: PickleMachine, argument: str) -> None:
    module, name = argument.split(" ", 1)  # how pickletools gives GLOBAL and INST
    machine.push(machine.named(module, name))


def _stack_global(machine: PickleMachine, argument: None) -> None:
    name = machine.stack.pop()
    module = machine.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise ValueError("a global without a name")
    machine.push(machine.find_global(module, name))


def _instance(machine: PickleMachine, argument: str) -> None:
    module, name = argument.split(" ", 1)
    arguments = tuple(machine.pop_marked())
    machine.push(machine.call(machine.named(module, name), arguments))


def _object(machine: PickleMachine, argument: None) -> None:
    function, *arguments = machine.pop_marked()
    machine.push(machine.call(function, tuple(arguments)))


def _reduce(machine: PickleMachine, argument: None) -> None:
    arguments = machine.stack.pop()
    if type(arguments) is not tuple:
        raise ValueError("a call without arguments")
    machine.stack[-1] = machine.call(machine.stack[-1], arguments)


def _new_object(machine: PickleMachine, argument: None) -> None:
    arguments = machine.stack.pop()
    if type(arguments) is not tuple:
        raise ValueError("a new object without arguments")
    machine.stack[-1] = machine.new(machine.stack[-1], arguments)


def _build(machine: PickleMachine, argument: None) -> None:
    state = machine.stack.pop()
    machine.stack[-1] = machine.build(machine.stack[-1], state)


def _refuse(what: str) -> Callable[[PickleMachine, Any], None]:
    def step(machine: PickleMachine, argument: Any) -> None:
        raise FileRefusedError(f"The model file uses {what}, which no fitted model needs.")

    return step


PUSHED = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT "
    "STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 "
    "BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8".split()
)
"""Opcodes whose argument is the value itself."""

STEPS: dict[str, Any] = {
    "PROTO": _protocol,
    "FRAME": _ignore,
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": lambda machine, argument: machine.pop_marked(),
    "DUP": lambda machine, argument: machine.push(machine.stack[-1]),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": _empty(list),
    "EMPTY_DICT": _empty(dict),
    "EMPTY_SET": lambda machine, argument: machine.push(machine.make_set(set, [])),
    "FROZENSET": lambda machine, argument: machine.push(
        machine.make_set(frozenset, machine.pop_marked())
    ),
    "TUPLE": lambda machine, argument: machine.push(tuple(machine.pop_marked())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "LIST": lambda machine, argument: machine.push(machine.pop_marked()),
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "ADDITEMS": _add_items,
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "MEMOIZE": _memoize,
    "GET": _get,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _instance,
    "OBJ": _object,
    "REDUCE": _reduce,
    "NEWOBJ": _new_object,
    "BUILD": _build,
    "NEWOBJ_EX": _refuse("keyword construction (NEWOBJ_EX)"),
    "PERSID": _refuse("persistent ids"),
    "BINPERSID": _refuse("persistent ids"),
    "EXT1": _refuse("the extension registry"),
    "EXT2": _refuse("the extension registry"),
    "EXT4": _refuse("the extension registry"),
    "NEXT_BUFFER": _refuse("out-of-band buffers"),
    "READONLY_BUFFER": _refuse("out-of-band buffers"),
}
"""The function that runs each other opcode."""


def run(machine: PickleMachine) -> Any:
    """Read the machine's stream up to and including the pickle's STOP; returns the pickle's object.

    Raises:
        FileUnreadableError: the stream is not a pickle, or ends too early.
        FileRefusedError: the pickle uses a feature that no fitted model needs.
    """
    steps = {name: step.__get__(machine) for name, step in STEPS.items()}
    push, pushed = machine.push, PUSHED
    try:
        for opcode, argument, _ in pickletools.genops(machine.stream):
            if opcode.name in pushed:
                if type(argument) is int:
                    check_integer(argument)
                push(argument)
            elif opcode.name == "STOP":
                return machine.stack.pop()
            else:
                steps[opcode.name](argument)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        told = "" if isinstance(error, (IndexError, KeyError)) else f": {_last_line(error)}"
        raise FileUnreadableError(
            f"The model file is damaged, or is not a pickle, joblib or skops file{told}."
        ) from error
    raise FileUnreadableError("The model file ends too early.")


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].rstrip(".")[:200] if lines else type(error).__name__
