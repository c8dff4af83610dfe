"""A file of verdicts -> ``ScoreFile``: what ``kiyas score --out``, a run folder or EvalPlus wrote.

Does not judge anything again and drops nothing: a line without a verdict is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiyas.data.decoding import decode_utf8
from kiyas.data.row_files import Row, parse_jsonl, read_bytes
from kiyas.errors import DataError
from kiyas.records.files import FileScore, ScoreFile


def read_scores(path: Path, *, part: str = "plus") -> ScoreFile:
    """Read verdicts: JSONL of kiyas, or EvalPlus' ``*eval_results.json``.

    Args:
        path: The file.
        part: For EvalPlus, ``plus`` (base and added inputs) or ``base``.

    Raises:
        DataError: A line holds no verdict, or a sample occurs twice; says on which line.
    """
    content = read_bytes(path)
    if path.name.lower().removesuffix(".gz").endswith(".json"):
        scores = list(_read_evalplus(content, path, part))
    else:
        scores = []
        row_of: dict[tuple[str, int], int] = {}
        for row in parse_jsonl(content, path):
            score = _read_row(row, path)
            key = (score.task_id, score.sample)
            if key in row_of:
                raise DataError(
                    "a sample has two verdicts",
                    where=f"{path}, line {row.number}",
                    received=f"{score.task_id}, sample {score.sample}, already on line "
                    f"{row_of[key]}",
                    expected="one verdict a sample",
                    next_step="remove one of the two lines",
                )
            row_of[key] = row.number
            scores.append(score)
    if not scores:
        raise _fault(str(path), "no verdict", "at least one")
    return ScoreFile(path.name, tuple(scores))


def holds_scores(row: Row) -> bool:
    """Return whether a line of JSONL is a verdict."""
    return "outcome" in row.cells and "task_id" in row.cells


def _read_row(row: Row, path: Path) -> FileScore:
    cells: dict[str, Any] = row.cells
    task_id, outcome = cells.get("task_id"), cells.get("outcome")
    if not isinstance(task_id, str) or not isinstance(outcome, str):
        received = f"keys {', '.join(cells)}"
        raise _fault(f"{path}, line {row.number}", received, "`task_id` and `outcome`")
    base_passed = cells.get("base_passed")
    return FileScore(
        task_id=task_id,
        sample=int(cells.get("sample", 0)),
        outcome=outcome,
        detail=str(cells.get("detail", "")),
        seconds=float(cells.get("seconds") or 0.0),
        isolation=str(cells.get("isolation") or ""),
        rule=str(cells.get("rule") or ""),
        benchmark=str(cells.get("benchmark") or ""),
        base_passed=base_passed if isinstance(base_passed, bool) else None,
        finish_reason=cells.get("finish_reason"),
    )


def _read_evalplus(content: bytes, path: Path, part: str) -> Iterator[FileScore]:
    try:
        results = json.loads(decode_utf8(content, path))
        problems = results["eval"].items()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _fault(str(path), str(error), "EvalPlus' results with a key `eval`") from error
    for task_id, samples in problems:
        for index, sample in enumerate(samples):
            base, plus = sample.get("base_status"), sample.get("plus_status")
            status = base if part == "base" or base != "pass" else plus
            yield FileScore(
                task_id=task_id,
                sample=index,
                outcome="passed" if status == "pass" else f"evalplus_{status}",
                detail="",
                seconds=0.0,
                isolation="",
                benchmark=_benchmark_of(task_id, part),
                base_passed=base == "pass",
            )


def _benchmark_of(task_id: str, part: str) -> str:
    family = task_id.partition("/")[0].lower()
    return family if part == "base" else f"{family}+"


def _fault(where: str, received: str, expected: str) -> DataError:
    return DataError(
        "this is no file of verdicts",
        where=where,
        received=received,
        expected=expected,
        next_step="write it with kiyas score SAMPLES --out SCORES.jsonl",
    )
