"""A file of samples that somebody else made -> ``SampleFile``: every sample, every fault named.

Reads human-eval (``completion``), EvalPlus (``solution``, or a folder ``HumanEval_0/0.py``),
lm-eval ``samples_*.jsonl``, bigcode's list of lists and kiyas' own ``samples.jsonl``. Does not
repair, extract or drop: what has no one meaning is refused with its line, and what the score must
say (missing problems, mixed K) is a fault of the record.

Sources: human-eval ``data.py`` (6d43fb98), EvalPlus ``data/utils.py`` (26d6d00b), lm-eval
``evaluator.py`` (4e7e0d47), bigcode ``main.py`` (8fc5bae6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiyas.data.decoding import decode_utf8
from kiyas.data.row_files import Row, parse_jsonl, read_bytes
from kiyas.data.sample_checks import find_faults, find_missing, refuse_doubled, refuse_foreign
from kiyas.data.suggestions import nearest
from kiyas.errors import DataError
from kiyas.records.files import Sample, SampleFile, SampleFormat

_PROTOCOLS = ("completion", "chat", "chat-prefill")
_FINISH_REASONS = ("stop", "length", "complete", "error")


def read_samples(path: Path, task_ids: Sequence[str] | None = None) -> SampleFile:
    """Read a file or folder of samples, in whatever of the known forms it is.

    Args:
        path: JSONL file (or ``.jsonl.gz``), bigcode's JSON, or EvalPlus' folder.
        task_ids: Task ids of the benchmark in its order. Needed for bigcode, whose samples have no
            ids; with them, missing and foreign problems are told.

    Raises:
        DataError: A line is broken or has no text, a sample occurs twice, the form is unknown, or
            samples answer problems that the benchmark does not have.
    """
    if path.is_dir():
        form, samples = _read_folder(path, task_ids)
    else:
        form, samples = _read_file(path, task_ids)
    if not samples:
        raise DataError(
            "the file holds no samples",
            where=str(path),
            received="0 samples",
            expected="at least one",
            next_step="check that the file was written to its end",
        )
    refuse_doubled(samples, path)
    faults = find_faults(samples)
    if task_ids is not None:
        refuse_foreign(samples, task_ids, path)
        faults = (*faults, *find_missing(samples, task_ids))
    return SampleFile(path.name, form, tuple(samples), faults)


def task_ids_of(path: Path) -> tuple[str, ...]:
    """Return the task ids that a file names, to find its benchmark; empty if it names none.

    Raises:
        DataError: As ``read_samples``.
    """
    if path.is_file() and path.name.lower().endswith(".json"):
        return ()
    return tuple(dict.fromkeys(sample.task_id for sample in read_samples(path).samples))


def _read_file(path: Path, task_ids: Sequence[str] | None) -> tuple[SampleFormat, list[Sample]]:
    content = read_bytes(path)
    if path.name.lower().removesuffix(".gz").endswith(".json"):
        return "bigcode", _read_bigcode(content, path, task_ids)
    rows = list(parse_jsonl(content, path))
    if not rows:
        return "human-eval", []
    form = _form_of(rows[0], path)
    if form == "lm-eval":
        return form, _read_lm_eval(rows, path)
    seen: Counter[str] = Counter()
    return form, [_read_row(row, form, seen, path) for row in rows]


def _form_of(row: Row, path: Path) -> SampleFormat:
    keys = row.cells.keys()
    if "resps" in keys and "doc" in keys:
        return "lm-eval"
    if "solution" in keys:
        return "evalplus"
    if {"completion", "protocol", "sample"} <= keys:
        return "kiyas"
    if "completion" in keys:
        return "human-eval"
    close = [
        f"{name!r} (did you mean {found!r}?)"
        for name in ("completion", "solution")
        if (found := nearest(name, keys))
    ]
    raise DataError(
        "this is no form of samples that is known",
        where=f"{path}, line {row.number}",
        received=f"keys {', '.join(keys)}",
        expected="`task_id` with `completion` or `solution`, or lm-eval's `doc` and `resps`",
        next_step=f"rename the key of the text to {' or '.join(close) or 'one of these'}",
    )


def _read_row(row: Row, form: SampleFormat, seen: Counter[str], path: Path) -> Sample:
    # EvalPlus prefers the solution where a line has both.
    key = "solution" if "solution" in row.cells else "completion"
    task_id, text = _text(row, "task_id", path), _text(row, key, path)
    index = row.cells.get("sample", seen[task_id]) if form == "kiyas" else seen[task_id]
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise _bad_value(row, "sample", "an index from 0", path)
    seen[task_id] += 1
    sample = Sample(
        task_id=task_id,
        sample=index,
        text=text,
        kind="solution" if key == "solution" else "completion",
        row=row.number,
    )
    return _with_decoding(sample, row, path) if form == "kiyas" else sample


def _with_decoding(sample: Sample, row: Row, path: Path) -> Sample:
    """Return the sample with what kiyas writes of its decoding."""
    cells: dict[str, Any] = row.cells
    if cells.get("protocol") not in _PROTOCOLS:
        raise _bad_value(row, "protocol", " or ".join(_PROTOCOLS), path)
    finish_reason = cells.get("finish_reason")
    if finish_reason is not None and finish_reason not in _FINISH_REASONS:
        raise _bad_value(row, "finish_reason", " or ".join(_FINISH_REASONS), path)
    num_tokens = cells.get("num_tokens")
    return replace(
        sample,
        protocol=cells["protocol"],
        finish_reason=finish_reason,
        num_tokens=num_tokens if isinstance(num_tokens, int) else None,
    )


def _read_lm_eval(rows: Sequence[Row], path: Path) -> list[Sample]:
    """Return the raw responses; a task with several filters has them once for each filter."""
    samples: list[Sample] = []
    first_filter = rows[0].cells.get("filter")
    for row in rows:
        if row.cells.get("filter") != first_filter:
            continue  # the same responses as under the first filter, cut in another way
        doc, responses = row.cells.get("doc"), row.cells.get("resps")
        task_id = doc.get("task_id") if isinstance(doc, dict) else None
        if isinstance(task_id, int):  # MBPP numbers its problems
            task_id = f"Mbpp/{task_id}"
        if not isinstance(task_id, str):
            raise _bad_value(row, "doc", "the problem with its `task_id`", path)
        texts = _flat_texts(responses)
        if not texts:
            raise _bad_value(row, "resps", "a list of texts", path)
        samples += [
            Sample(task_id, index, text, "completion", row.number)
            for index, text in enumerate(texts)
        ]
    return samples


def _flat_texts(value: object) -> list[str] | None:
    """Return the texts of nested lists; None if anything else is in them."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return None
    texts: list[str] = []
    for item in value:
        found = _flat_texts(item)
        if found is None:
            return None
        texts += found
    return texts


def _read_bigcode(content: bytes, path: Path, task_ids: Sequence[str] | None) -> list[Sample]:
    if task_ids is None:
        raise DataError(
            "a list of lists does not name its problems",
            where=str(path),
            received="bigcode's form",
            expected="the benchmark, whose order gives the ids",
            next_step="name it: --benchmark humaneval",
        )
    try:
        lists = json.loads(decode_utf8(content, path))
    except (ValueError, RecursionError) as error:
        raise DataError(
            "the file is not JSON",
            where=str(path),
            received=str(error),
            expected="one list of lists of texts",
            next_step="one object a line is JSONL: rename the file to .jsonl if it is that",
        ) from error
    if not isinstance(lists, list) or len(lists) > len(task_ids):
        raise DataError(
            "the lists do not fit the benchmark",
            where=str(path),
            received=f"{len(lists)} lists" if isinstance(lists, list) else type(lists).__name__,
            expected=f"one list of texts for each of {len(task_ids)} problems, in their order",
            next_step="score the file with the benchmark that it was made for",
        )
    samples: list[Sample] = []
    for row, (task_id, texts) in enumerate(zip(task_ids, lists, strict=False), start=1):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise DataError(
                "an item is no list of texts",
                where=f"{path}, item {row}",
                received=repr(texts)[:80],
                expected="a list of programs",
                next_step=f"mend item {row}",
            )
        # bigcode writes the prompt and its continuation together.
        samples += [Sample(task_id, i, text, "solution", row) for i, text in enumerate(texts)]
    return samples


def _read_folder(path: Path, task_ids: Sequence[str] | None) -> tuple[SampleFormat, list[Sample]]:
    known = {task_id.replace("/", "_"): task_id for task_id in task_ids or ()}
    samples: list[Sample] = []
    for folder in sorted(item for item in path.iterdir() if item.is_dir()):
        head, _, tail = folder.name.rpartition("_")
        task_id = known.get(folder.name, f"{head}/{tail}" if head else folder.name)
        programs = sorted(folder.glob("*.py"), key=lambda file: (len(file.stem), file.stem))
        for index, program in enumerate(programs):
            text = decode_utf8(read_bytes(program), program)
            samples.append(Sample(task_id, index, text, "solution", 1))
    return "evalplus-folder", samples


def _text(row: Row, key: str, path: Path) -> str:
    value = row.cells.get(key)
    if not isinstance(value, str):
        raise _bad_value(row, key, "a text", path)
    return value


def _bad_value(row: Row, key: str, expected: str, path: Path) -> DataError:
    has_key = key in row.cells
    return DataError(
        f"the line has no usable `{key}`",
        where=f"{path}, line {row.number}",
        received=repr(row.cells[key])[:80] if has_key else f"keys {', '.join(row.cells)}",
        expected=f"{expected} in `{key}`",
        next_step=f"mend line {row.number}",
    )
