"""Descriptor -> one solution, loaded and called: the code that runs beside hostile code.

Everything here is at the mercy of the solution once ``serve`` has loaded it. It therefore holds
nothing worth having: no test, no expected value, no token, no result object. What it sends is
taken for a claim about values and nothing else. It does not limit itself and has no timer: limits
are set before it runs, and the judge kills it from outside.
"""

from __future__ import annotations

import builtins
import json
import random
import sys
import types
from typing import Any

from . import codec, frames

DESCRIPTOR = 3
PROGRAM_NAME = "__solution__"
_PROGRAM_FILE = "<solution>"
MAX_RAISED_CHARS = 1 << 16
"""What an exception may say: longer texts are cut, longer arguments are left out."""
_MAX_NAME = 300


def serve(max_program_bytes: int) -> None:
    """Load the program that arrives on DESCRIPTOR, then answer calls until killed."""
    # JSON escapes may stretch a text sixfold; the judge has checked the text itself.
    reader = frames.FrameReader(DESCRIPTOR, 8 * max_program_bytes + (64 << 20))
    order = json.loads(reader.read())
    random.seed(0)
    module = types.ModuleType(PROGRAM_NAME)
    sys.modules[PROGRAM_NAME] = module
    names = vars(module)
    entry_point = order["entry_point"]
    try:
        if order.get("prompt"):
            _define_names_of(order["prompt"], names)
        exec(_compile(order["program"], _PROGRAM_FILE), names)  # noqa: S102 - our purpose
        if "test" in order:
            _run_test_here(order, names)
        if entry_point not in names:
            raise NameError(missing_entry_point(entry_point))
        function = names[entry_point]
    except BaseException as error:  # noqa: BLE001 - whatever a solution raises is a finding
        _reply({"raised": describe(error)})
        return
    _reply({"ready": True})
    while True:
        _reply(_answer(function, reader.read()))


def missing_entry_point(entry_point: str) -> str:
    """Return what is said about a solution without its entry point."""
    return f"the solution does not define {entry_point!r}"


def _compile(text: str, file: str) -> types.CodeType:
    # This file's own import from __future__ is no part of what it compiles.
    return compile(text, file, "exec", dont_inherit=True)


def _define_names_of(prompt: str, names: dict[str, Any]) -> None:
    """Define what the prompt does, for a test that makes objects of its classes."""
    for ending in ("", "\n    pass\n"):
        try:
            code = _compile(prompt + ending, "<prompt>")
        except SyntaxError:
            continue
        exec(code, names)  # noqa: S102 - the benchmark's prompt
        return


def _run_test_here(order: dict[str, str], names: dict[str, Any]) -> None:
    """Run a test that needs the solution's own objects; hostile code could forge its end."""
    solution = names.get(order["entry_point"])
    exec(_compile(order["test"], "<test>"), names)  # noqa: S102 - the benchmark's test
    check = names.get("check")
    if check is not None and check is not solution:
        check(solution)


def _answer(function: Any, call: bytes) -> dict[str, object]:
    try:
        arguments, keywords, in_place = codec.decode(json.loads(call))
        reply = {"value": codec.flatten(function(*arguments, **keywords))}
        if in_place:
            reply["arguments"] = codec.flatten([arguments, keywords])
        return reply
    except BaseException as error:  # noqa: BLE001 - whatever a solution raises is a finding
        return {"raised": describe(error)}


def describe(error: BaseException) -> dict[str, object]:
    """Return an exception as plain data: name, nearest builtin base, arguments, text, last line."""
    kind = type(error)
    base = next(step for step in kind.__mro__ if vars(builtins).get(step.__name__) is step)
    try:
        message = str(error)[:MAX_RAISED_CHARS]
    except BaseException:  # noqa: BLE001 - hostile __str__
        message = ""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _PROGRAM_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None and isinstance(error, SyntaxError):
        line = error.lineno
    missing = error.name if isinstance(error, ImportError) else None
    return {
        "name": kind.__name__[:_MAX_NAME],
        "base": base.__name__,
        "arguments": _arguments(error, base),
        "message": message,
        "line": line,
        "module": missing,
    }


def _arguments(error: BaseException, base: type[BaseException]) -> object:
    """Return what makes a like exception of the base; None where its text has to do."""
    try:
        if type(error).__str__ is not base.__str__:
            return None
        # Beside ``args``, those of an OSError name its file.
        plain = codec.flatten(list(base.__reduce__(error)[1]))
        text = json.dumps(plain, separators=(",", ":"))
    except BaseException:  # noqa: BLE001 - hostile values, or nested too deep
        return None
    fits = len(text) <= MAX_RAISED_CHARS and '{"opaque":' not in text
    return plain if fits else None


def _reply(reply: dict[str, object]) -> None:
    try:
        payload = json.dumps(reply, separators=(",", ":")).encode("ascii")
    except BaseException as error:  # noqa: BLE001 - no memory for the answer
        payload = json.dumps({"raised": describe(error)}).encode("ascii")
    frames.write_frame(DESCRIPTOR, payload)
