"""Samples of one file -> what is wrong with them, named with its lines.

What has no one meaning is an error; what the score has to say is a fault. Nothing is dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kiyas.data.suggestions import name_rows
from kiyas.errors import DataError
from kiyas.records.files import FileFault, Sample

_SHOWN = 5


def find_faults(samples: Sequence[Sample]) -> tuple[FileFault, ...]:
    """Return what the score of these samples has to say: mixed K, copies, empty texts."""
    return (*_mixed_counts(samples), *_empty(samples))


def refuse_doubled(samples: Iterable[Sample], path: Path) -> None:
    """Raise DataError if a sample occurs twice."""
    row_of: dict[tuple[str, int], int] = {}
    for sample in samples:
        key = (sample.task_id, sample.sample)
        if key in row_of:
            raise DataError(
                "a sample occurs twice",
                where=f"{path}, line {sample.row}",
                received=f"{sample.task_id}, sample {sample.sample}, already on line {row_of[key]}",
                expected="each sample of a problem once",
                next_step="remove one of the two, or number the samples of a problem from 0",
            )
        row_of[key] = sample.row


def refuse_foreign(samples: Sequence[Sample], task_ids: Sequence[str], path: Path) -> None:
    """Raise DataError if samples answer problems that the benchmark does not have."""
    known = set(task_ids)
    foreign = [sample for sample in samples if sample.task_id not in known]
    if not foreign:
        return
    names = list(dict.fromkeys(sample.task_id for sample in foreign))
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN))
    is_other = len(foreign) == len(samples)
    raise DataError(
        "the file answers another benchmark"
        if is_other
        else "the file answers problems that the benchmark does not have",
        where=f"{path}, {name_rows([sample.row for sample in foreign])}",
        received=shown,
        expected=f"ids like {task_ids[0]} ({len(task_ids)} problems)",
        next_step="score it with the benchmark that it was made for"
        if is_other
        else "remove these lines, or use the benchmark file that has these problems",
    )


def find_missing(samples: Iterable[Sample], task_ids: Sequence[str]) -> Iterator[FileFault]:
    """Yield a fault if some problems are not answered."""
    answered = {sample.task_id for sample in samples}
    missing = [task_id for task_id in task_ids if task_id not in answered]
    if missing:
        shown = ", ".join(missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        yield FileFault(
            "missing-problems",
            "warning",
            f"{len(answered)} of {len(task_ids)} problems are answered; missing: {shown}{more}. "
            "Shares are of the answered problems.",
        )


def _mixed_counts(samples: Sequence[Sample]) -> Iterator[FileFault]:
    by_task: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_task[sample.task_id].append(sample)
    counts = Counter(len(group) for group in by_task.values())
    if len(counts) < 2:
        return
    usual = max(counts, key=lambda count: (counts[count], -count))
    odd = {task: group for task, group in by_task.items() if len(group) != usual}
    rows = [sample.row for group in odd.values() for sample in group]
    listed = ", ".join(f"{count} problems with {num}" for num, count in sorted(counts.items()))
    yield FileFault(
        "mixed-k",
        "warning",
        f"The problems have different numbers of samples ({listed}; {name_rows(rows)}). The score "
        "is the mean over problems of each problem's share.",
        tuple(rows),
    )
    copies = [group[-1].row for group in odd.values() if len({s.text for s in group}) < len(group)]
    if copies:
        yield FileFault(
            "copied-samples",
            "warning",
            f"{len(copies)} problems hold the same text twice where others have {usual} "
            f"({name_rows(copies)}): lines may have been written twice.",
            tuple(copies),
        )


def _empty(samples: Iterable[Sample]) -> Iterator[FileFault]:
    rows = tuple(sample.row for sample in samples if not sample.text.strip())
    if rows:
        yield FileFault(
            "empty-samples",
            "warning",
            f"{len(rows)} samples are empty ({name_rows(rows)}); they count as failures.",
            rows,
        )
