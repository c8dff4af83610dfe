"""A file of verdicts -> ``ScoreFile``: what ``kiyas score --out``, a run folder or EvalPlus wrote.

Does not judge anything again and drops nothing: a line without a verdict is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiyas.data.decoding import decode_utf8
from kiyas.data.row_files import Row, parse_jsonl, read_bytes
from kiyas.errors import DataError
from kiyas.records.files import FileScore, ScoreFile

_EVALPLUS_VERDICTS = ("pass", "fail", "timeout")
"""What EvalPlus says of a sample that it has run; added inputs not run have null or a word."""


def read_scores(path: Path, *, part: str = "plus") -> ScoreFile:
    """Read verdicts: JSONL of kiyas, or EvalPlus' ``*eval_results.json``.

    Args:
        path: The file.
        part: For EvalPlus, ``plus`` (base and added inputs) or ``base``; a file in which no sample
            was run on added inputs is read as ``base``.

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
    where = f"{path}, line {row.number}"
    task_id, outcome = cells.get("task_id"), cells.get("outcome")
    if not isinstance(task_id, str) or not isinstance(outcome, str):
        raise _fault(where, f"keys {', '.join(cells)}", "`task_id` and `outcome`")
    sample = cells.get("sample", 0)
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise _fault(where, f"sample: {json.dumps(sample)}", "a whole number, 0 or more")
    base_passed = cells.get("base_passed")
    return FileScore(
        task_id=task_id,
        sample=sample,
        outcome=outcome,
        detail=str(cells.get("detail", "")),
        seconds=_seconds(cells.get("seconds"), where),
        isolation=str(cells.get("isolation") or ""),
        rule=str(cells.get("rule") or ""),
        benchmark=str(cells.get("benchmark") or ""),
        base_passed=base_passed if isinstance(base_passed, bool) else None,
        finish_reason=cells.get("finish_reason"),
    )


def _seconds(value: Any, where: str) -> float:
    try:
        seconds = float(value or 0.0)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise _fault(where, f"seconds: {json.dumps(value)}", "a number such as 0.5")
    return seconds


def _read_evalplus(content: bytes, path: Path, part: str) -> Iterator[FileScore]:
    samples = list(_evalplus_samples(content, path))
    if not any(_has_plus(sample) for _, _, sample in samples):
        part = "base"
    for task_id, index, sample in samples:
        base, plus = sample.get("base_status"), sample.get("plus_status")
        where = f"{path}, {task_id}, sample {index}"
        if base not in _EVALPLUS_VERDICTS:
            known = ", ".join(_EVALPLUS_VERDICTS)
            raise _fault(where, f"base_status: {json.dumps(base)}", f"one of {known}")
        if part == "plus" and base == "pass" and not _has_plus(sample):
            raise DataError(
                "a sample was not run on the added inputs, and others were",
                where=where,
                received=f"plus_status: {json.dumps(plus)}",
                expected="a verdict on every sample that passed the base inputs",
                next_step="let EvalPlus judge all samples again, with --base-only or without",
            )
        status = base if part == "base" or base != "pass" else plus
        yield FileScore(
            task_id=task_id,
            sample=index,
            outcome="passed" if status == "pass" else f"evalplus_{status}",
            detail="",
            seconds=0.0,
            isolation="",
            benchmark=_benchmark_of(task_id, part),
            base_passed=base == "pass" if part == "plus" else None,
        )


def _evalplus_samples(content: bytes, path: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield each sample's task, index and statuses."""
    try:
        results = json.loads(decode_utf8(content, path))
        problems = results["eval"].items()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _fault(str(path), str(error), "EvalPlus' results with a key `eval`") from error
    for task_id, samples in problems:
        if not isinstance(samples, list) or not all(isinstance(item, dict) for item in samples):
            raise DataError(
                "these results of EvalPlus have another form",
                where=f"{path}, {task_id}",
                received=type(samples).__name__,
                expected="a list of samples with `base_status` and `plus_status`",
                next_step="judge the samples again: kiyas score, or a newer EvalPlus",
            )
        yield from ((task_id, index, sample) for index, sample in enumerate(samples))


def _has_plus(sample: dict[str, Any]) -> bool:
    return sample.get("plus_status") in _EVALPLUS_VERDICTS


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
