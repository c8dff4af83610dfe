"""One plus problem with its expected outputs -> the source of a test for the cage.

The source below runs in the judge, beside neither the solution nor this package: it calls the
solution through the judge's proxy, input by input, and compares plain values. It follows EvalPlus'
oracle: equality; numpy.allclose with rtol 1e-7 where a tolerance is given or the expected value is
a float or a list of floats (then 1e-6, which stays in force for the inputs that follow); set
comparison, truth of a match, or a formula for the problems listed below. Each call has its own
time limit, max(4 s, 4 times the reference's), and all together max(60 s, 4 times the reference's),
so that a slow machine scores as a fast one does; the judge's alarm, brought forward, keeps both.

Deviations: base and plus inputs are called in one process; values that are no plain data (a custom
class) are wrong here, whatever they say when compared; an output of more than 5,000 characters or
elements that is no list of floats is compared by its digest, numbers by value, without tolerance.

Source of the rules: EvalPlus ``eval/__init__.py``, ``eval/_special_oracle.py`` and ``config.py``
(26d6d00b), Apache-2.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kiyas.sandbox.bootstrap import PACKAGE

ORACLE_VERSION = 1
"""Raised when outputs or verdicts of the same inputs would be other than before."""

# A longer output is kept as a digest: HumanEval/15 alone would take 150 MB.
_MAX_KEPT = 5_000
# A reference that needs longer returns more than can be handed over (Mbpp/255: 128 million items).
_MAX_REFERENCE_S = 20.0
_MIN_CALL_S = 4.0
_MIN_BUDGET_S = 60.0
_REFERENCE_FACTOR = 4.0

NOT_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""MBPP functions of which only ``is not None`` is compared: they return match objects."""

_SAME_SET = frozenset(
    "similar_elements find_char_long common_in_nested_lists extract_singly larg_nnum "
    "intersection_array find_dissimilar Diff".split()
)
_OWN_RULE = frozenset("are_equivalent sum_div surface_Area digit_distance_nums".split())


def rule_of(family: str, entry_point: str) -> str:
    """Return the name of the comparison that a problem is judged by."""
    if family == "humaneval":
        return "find_zero" if entry_point == "find_zero" else "equal"
    if entry_point in NOT_NONE:
        return "not_none"
    if entry_point in _SAME_SET:
        return "same_set"
    return entry_point if entry_point in _OWN_RULE else "equal"


def recording_test(inputs: Mapping[str, Any], path: str, rule: str, atol: float) -> str:
    """Return a test that writes the outputs and seconds of every call to a file.

    Args:
        inputs: ``base`` and ``plus``: lists of arguments, flattened by the sandbox's codec.
        path: File that the judge writes.
        rule: What ``rule_of`` returned.
        atol: Absolute tolerance of the problem.
    """
    data = {"inputs": inputs, "path": path, "rule": rule, "atol": atol}
    return _test(_RECORDING, data)


def comparing_test(
    inputs: Mapping[str, Any], outputs: Mapping[str, Any], rule: str, atol: float
) -> str:
    """Return a test that compares every output with the expected one.

    Args:
        inputs: As in ``recording_test``.
        outputs: ``base``, ``plus`` (expected outputs, flattened) and ``base_s``, ``plus_s``
            (seconds that the reference solution took for each).
        rule: What ``rule_of`` returned.
        atol: Absolute tolerance of the problem.
    """
    limits = {
        part: [max(_MIN_CALL_S, _REFERENCE_FACTOR * seconds) for seconds in outputs[f"{part}_s"]]
        for part in ("base", "plus")
    }
    seconds = sum(outputs["base_s"]) + sum(outputs["plus_s"])
    data = {
        "inputs": inputs,
        "expected": {part: outputs[part] for part in ("base", "plus")},
        "rule": rule,
        "atol": atol,
        "limits": limits,
        "budget": max(_MIN_BUDGET_S, _REFERENCE_FACTOR * seconds),
    }
    return _test(_COMPARING, data)


def _test(source: str, data: Mapping[str, Any]) -> str:
    # A JSON text is read many times faster than a Python literal is compiled. Compiled under a
    # name of its own, the message of a failed comparison is the verdict's detail, not its line.
    text = json.dumps(data, separators=(",", ":"))
    return f"_DATA = {text!r}\nexec(compile({source!r}, '<oracle>', 'exec'))\n"


_SHARED = f"""
import hashlib, json
from {PACKAGE} import codec
_data = json.loads(_DATA)
def _is_floats(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)
def _plain(node):
    if isinstance(node, list):
        # Most long lists are flat and of one kind: nothing to do item by item.
        return node if set(map(type, node)) <= {{int, str}} else [_plain(item) for item in node]
    if isinstance(node, dict):
        return {{key: _plain(item) for key, item in node.items()}}
    whole = isinstance(node, bool) or (isinstance(node, float) and node.is_integer())
    return int(node) if whole else node
def _digest(node):
    text = json.dumps(_plain(node), separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
def _size(value):
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return value.bit_length() // 4
    if isinstance(value, (list, tuple)):
        return len(value) + sum(_size(item) for item in value)
    return 0
"""

_RECORDING = (
    _SHARED
    + f"""
import signal, time
def check(candidate):
    record = {{}}
    for part, nodes in _data["inputs"].items():
        outputs, seconds = [], []
        for node in nodes:
            arguments = codec.decode(node)
            signal.setitimer(signal.ITIMER_REAL, {_MAX_REFERENCE_S}, 0.2)
            started = time.perf_counter()
            value = candidate(*arguments)
            seconds.append(time.perf_counter() - started)
            if _data["rule"] == "not_none":
                value = value is not None
            if type(value) is codec.Opaque:
                raise AssertionError(f"the reference returns {{value!r}}")
            node = codec.flatten(value)
            exact = _data["rule"] == "equal" and _data["atol"] == 0 and not _is_floats(value)
            if exact and _size(value) > {_MAX_KEPT}:
                node = {{"digest": _digest(node)}}
            outputs.append(node)
        record[part], record[part + "_s"] = outputs, seconds
    with open(_data["path"], "w", encoding="utf-8") as file:
        json.dump(record, file, separators=(",", ":"))
"""
)

_COMPARING = (
    _SHARED
    + """
import cmath, math, signal, time
try:
    import numpy
except ImportError:
    numpy = None
_rule = _data["rule"]
class _Digest:
    def __init__(self, digest):
        self.digest = digest
    def __eq__(self, value):
        return _digest(codec.flatten(value)) == self.digest
    def __repr__(self):
        return "another long value"
def _show(value, length):
    try:
        return repr(value)[:length]
    except ValueError:  # an integer of too many digits
        return hex(value)[:length]
def _close(value, wanted, atol):
    if isinstance(wanted, (list, tuple)):
        return (isinstance(value, (list, tuple)) and len(value) == len(wanted)
                and all(_close(v, w, atol) for v, w in zip(value, wanted)))
    if isinstance(value, (list, tuple)):
        return all(_close(item, wanted, atol) for item in value)
    if not cmath.isfinite(wanted) or not cmath.isfinite(value):
        return value == wanted
    return abs(value - wanted) <= atol + 1e-07 * abs(wanted)
def _pyramid(edge, height):
    slant = math.sqrt((edge / 2) ** 2 + height ** 2)
    return round(edge ** 2 + 2 * edge * slant)
def _digits(first, second):
    first, second = str(first), str(second)
    width = max(len(first), len(second))
    return sum(abs(int(a) - int(b)) for a, b in zip(first.zfill(width), second.zfill(width)))
def _agrees(arguments, value, wanted, tolerance):
    if _rule == "find_zero":
        [coefficients] = arguments
        total = sum(c * math.pow(value, i) for i, c in enumerate(coefficients))
        return abs(total) <= tolerance[0]
    if _rule == "not_none":
        return value == wanted if type(value) is bool else wanted == (value is not None)
    if _rule == "are_equivalent":
        return True
    if type(value) is codec.Opaque:
        return False
    equal = bool(value == wanted)
    if _rule == "same_set":
        equal = set(value) == set(wanted)
    elif _rule == "sum_div":
        equal = equal or bool(value == 0)
    elif _rule == "surface_Area":
        equal = equal or abs(value - _pyramid(*arguments)) <= tolerance[0]
    elif _rule == "digit_distance_nums":
        equal = equal or value == _digits(*arguments)
    if tolerance[0] == 0 and _is_floats(wanted):
        tolerance[0] = 1e-6
    if equal or tolerance[0] == 0:
        return equal
    return type(value) is type(wanted) and _close(value, wanted, tolerance[0])
def check(candidate):
    deadline = time.monotonic() + _data["budget"]
    for part, nodes in _data["inputs"].items():
        tolerance = [_data["atol"]]
        for index, node in enumerate(nodes):
            arguments, wanted = codec.decode(node), _data["expected"][part][index]
            digest = wanted.get("digest") if isinstance(wanted, dict) else None
            wanted = codec.decode(wanted) if digest is None else _Digest(digest)
            remaining = max(deadline - time.monotonic(), 0.001)
            limit = min(remaining, _data["limits"][part][index])
            signal.setitimer(signal.ITIMER_REAL, limit, 0.2)
            value = candidate(*arguments)
            try:
                agrees = _agrees(arguments, value, wanted, tolerance)
            except Exception:
                agrees = False
            if not agrees:
                shown = ", ".join(_show(argument, 60) for argument in arguments)[:100]
                raise AssertionError(
                    f"{part} input {index + 1}: ({shown}) gave "
                    f"{_show(value, 60)}, expected {_show(wanted, 60)}")
"""
)
