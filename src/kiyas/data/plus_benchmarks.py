"""A HumanEval+ or MBPP+ file -> its problems, with inputs as Python values.

Does not run anything: expected outputs come from the reference solutions in the cage
(``scoring.plus``). JSON has no tuples, sets or complex numbers, and EvalPlus restores those of
MBPP+ by problem number; the table of ``_FORMS`` is that list.

Source: Liu et al. 2023, arXiv:2305.01210; EvalPlus ``data/mbpp.py`` (26d6d00b), HumanEval+
v0.1.10 and MBPP+ v0.2.0, Apache-2.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kiyas.data.row_files import Row, parse_jsonl, read_bytes
from kiyas.errors import DataError

PlusFamily = Literal["humaneval", "mbpp"]

PLUS_BENCHMARK_NAMES: Mapping[str, PlusFamily] = {"humaneval+": "humaneval", "mbpp+": "mbpp"}
"""Plus benchmarks by name, with the family whose special cases they follow."""

_FIRST: Mapping[PlusFamily, str] = {"humaneval": "HumanEval/0", "mbpp": "Mbpp/2"}
"""First problem of each."""

Arguments = list[Any]
"""Positional arguments of one call."""


@dataclass(frozen=True)
class PlusProblem:
    """One problem that is judged by the outputs of its reference solution."""

    task_id: str
    """Name in the benchmark, such as ``Mbpp/2``."""
    prompt: str
    """What the model is shown."""
    entry_point: str
    """Name of the function that is called."""
    canonical_solution: str
    """Continuation of the prompt whose outputs are the truth."""
    base_inputs: tuple[Arguments, ...]
    """Arguments of the calls that the original benchmark makes."""
    plus_inputs: tuple[Arguments, ...]
    """Arguments of the calls that were added."""
    atol: float
    """Absolute tolerance of outputs; 0 for equality (floats still get 1e-6)."""


@dataclass(frozen=True)
class PlusBenchmark:
    """A set of such problems whose bytes are known."""

    name: str
    """``humaneval+`` or ``mbpp+``."""
    family: PlusFamily
    """Whose special cases it follows."""
    problems: tuple[PlusProblem, ...]
    """All N problems, in the order of the file."""
    sha256: str
    """Hash of the uncompressed file, in hex."""


def load_plus_benchmark(name: str, path: Path | None) -> PlusBenchmark:
    """Load HumanEval+ or MBPP+ from a file of EvalPlus' form.

    Args:
        name: Key of ``PLUS_BENCHMARK_NAMES``.
        path: ``HumanEvalPlus.jsonl[.gz]`` or ``MbppPlus.jsonl[.gz]``.

    Raises:
        DataError: No file is given, or it is broken, of another form or benchmark, or holds a
            task id twice; says on which line.
    """
    family = PLUS_BENCHMARK_NAMES[name]
    file_name = {"humaneval": "HumanEvalPlus.jsonl.gz", "mbpp": "MbppPlus.jsonl.gz"}[family]
    if path is None:
        raise DataError(
            f"{name} is read from a file",
            where=f"benchmark {name}",
            received="no file",
            expected=f"EvalPlus' {file_name}",
            next_step=f"download it from EvalPlus' releases and give --benchmark-file {file_name}",
        )
    content = read_bytes(path)
    problems: dict[str, PlusProblem] = {}
    for row in parse_jsonl(content, path):
        problem = _read_problem(row, family, path)
        if problem.task_id in problems:
            raise _fault(row, path, "two problems have the same task id", problem.task_id)
        problems[problem.task_id] = problem
    if not problems:
        raise DataError(
            "the benchmark holds no problems",
            where=str(path),
            received="0 problems",
            expected="at least one",
            next_step="check that the file was written to its end",
        )
    sha256 = hashlib.sha256(content).hexdigest()
    return PlusBenchmark(name, family, tuple(problems.values()), sha256)


def _read_problem(row: Row, family: PlusFamily, path: Path) -> PlusProblem:
    cells: dict[str, Any] = row.cells
    texts = {}
    for key in ("task_id", "prompt", "entry_point", "canonical_solution"):
        if not isinstance(cells.get(key), str):
            raise _fault(row, path, f"the problem has no usable `{key}`", repr(cells.get(key))[:80])
        texts[key] = cells[key]
    if not texts["task_id"].lower().startswith(family):
        raise DataError(
            "the file holds another benchmark",
            where=f"{path}, line {row.number}",
            received=texts["task_id"],
            expected=f"ids like {_FIRST[family]}",
            next_step="give the file of the benchmark that is named, or name the file's own",
        )
    inputs = {}
    for key in ("base_input", "plus_input"):
        value = cells.get(key) or []  # MBPP+ has one problem with {} for no added input
        if not isinstance(value, list) or not all(isinstance(item, list) for item in value):
            raise _fault(row, path, f"`{key}` is no list of lists of arguments", repr(value)[:80])
        inputs[key] = _restore(texts["task_id"], value) if family == "mbpp" else value
    try:
        atol = float(cells.get("atol", 0))
    except (TypeError, ValueError) as error:
        raise _fault(row, path, "`atol` is no number", repr(cells["atol"])[:80]) from error
    return PlusProblem(
        **texts,
        base_inputs=tuple(inputs["base_input"]),
        plus_inputs=tuple(inputs["plus_input"]),
        atol=atol,
    )


def _fault(row: Row, path: Path, what: str, received: str) -> DataError:
    return DataError(
        what,
        where=f"{path}, line {row.number}",
        received=received,
        expected="a problem with task_id, prompt, entry_point, canonical_solution, base_input, "
        "plus_input and atol",
        next_step="use the file as EvalPlus released it",
    )


def _restore(task_id: str, inputs: list[Arguments]) -> list[Arguments]:
    number = task_id.rpartition("/")[2]
    form = _FORMS.get(int(number)) if number.isdigit() else None
    return [list(form(arguments)) for arguments in inputs] if form else inputs


def _rows(value: list[Any]) -> list[tuple[Any, ...]]:
    return [tuple(item) for item in value]


def _deep(value: Any) -> Any:
    return tuple(_deep(item) for item in value) if isinstance(value, list) else value


def _sets(arguments: Arguments) -> Arguments:
    # An empty list stands for an empty dict: the original test was written {}.
    return [[set(item) if isinstance(item, list) and item else {} for item in arguments[0]]]


_Form = Callable[[Arguments], Any]
_GROUPS: tuple[tuple[str, _Form], ...] = (
    (
        "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
        _rows,
    ),
    (
        "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780",
        lambda arguments: [_rows(argument) for argument in arguments],
    ),
    ("75 413 444 753", lambda arguments: [_rows(arguments[0]), arguments[1]]),
    ("106 750", lambda arguments: [arguments[0], tuple(arguments[1])]),
    ("115", _sets),
    ("124", lambda arguments: [float(arguments[0]), complex(arguments[1])]),
    (
        "250 405 446 617 720 763 808",
        lambda arguments: [tuple(arguments[0]), arguments[1]],
    ),
    ("252", lambda arguments: [complex(arguments[0])]),
    ("259 401 445", lambda arguments: [tuple(_rows(argument)) for argument in arguments]),
    (
        "278",
        lambda arguments: [[tuple(i) if isinstance(i, list) else i for i in arguments[0]]],
    ),
    ("307", lambda arguments: [tuple(arguments[0]), arguments[1], arguments[2]]),
    ("580 615 791", _deep),
    (
        "722",
        lambda arguments: [
            {key: tuple(value) for key, value in arguments[0].items()},
            *arguments[1:],
        ],
    ),
)
_FORMS: Mapping[int, _Form] = {
    int(number): form for numbers, form in _GROUPS for number in numbers.split()
}
