"""A CSV of reported results -> ``ReportedTable``: figures as printed, nothing computed from them.

======== ===========================================================================================
column   meaning (only ``name`` and one of ``score`` and ``k`` are needed)
======== ===========================================================================================
name     what was measured: ``Deep step 400``
metric   ``pass@1`` (also if absent), ``accuracy``, ``macro F1``, ``mean AUC``, ``latency ms``, …
score    the figure as printed: ``26.83 %``, ``0.881``, ``44/164``, ``95.5``; a share without %
         lies between 0 and 1, and a bare ``0`` or ``1`` is none or all of the items
k, n     passes or right rows, and problems or items
test_set rows with the same name here were tested on the same problems, so that they are paired
paired   ``no`` where the row was tested on other problems of that test set, so that it is not
group    the arm; rows of one group are its checkpoints
step     step of a checkpoint
role     ``base`` for the untrained model, ``baseline`` for a cheap method
model    name of the model, to look up published scores
seeds    training seeds behind the figure
classes  ``4/8``: classes that a mean is taken over, and classes there are
repeats  timed repetitions behind a latency
spread   their spread
======== ===========================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kiyas.data.row_files import Row, read_rows
from kiyas.data.suggestions import nearest
from kiyas.errors import DataError
from kiyas.records.file_audit import ReportedResult, ReportedTable

COLUMNS = (
    "name metric score k n test_set paired group step role model seeds classes repeats "
    "spread".split()
)
"""Columns that are known."""

SHARE_METRICS = ("pass@1", "accuracy", "exact match", "f1 micro")
"""Metrics that are a share of the items: k of n."""

_ROLES = ("", "base", "baseline")
_PAIRED = {"": True, "yes": True, "no": False}


def read_reported(path: Path) -> ReportedTable:
    """Read a table of reported results.

    Raises:
        DataError: An unknown column, a row without a name or figure, a row that stands there twice,
            or a cell that is no number; says on which line.
    """
    rows = read_rows(path)
    for column in rows[0].cells:
        if column not in COLUMNS:
            close = nearest(column, COLUMNS)
            raise DataError(
                "the table has a column that is not known",
                where=f"{path}, line 1",
                received=column,
                expected=", ".join(COLUMNS),
                next_step=f"did you mean {close!r}?" if close else "rename or remove it",
            )
    results = tuple(_read_row(row, path) for row in rows)
    _refuse_doubled(results, path)
    return ReportedTable(path.name, results)


def _refuse_doubled(results: Sequence[ReportedResult], path: Path) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for item in results:
        key = (item.name, item.metric.lower(), item.test_set)
        if key in seen:
            raise DataError(
                "two rows have the same name, metric and test set",
                where=f"{path}, line {item.row}",
                received=f"{item.name}, {item.metric}, already on line {seen[key]}",
                expected="one row a figure",
                next_step="give each row a name of its own",
            )
        seen[key] = item.row


def _read_row(row: Row, path: Path) -> ReportedResult:
    cells = {name: str(value or "").strip() for name, value in row.cells.items()}
    text = cells.get("score", "")
    k, n = _whole(cells, "k", row, path), _whole(cells, "n", row, path)
    fraction = re.fullmatch(r"(\d+)\s*/\s*(\d+)", text)
    if fraction:
        k, n = int(fraction[1]), int(fraction[2])
    if not cells.get("name") or not (text or k is not None):
        raise _fault(row, path, "the row has no name or no figure", str(cells))
    if k is not None and n is not None and k > n:
        raise _fault(row, path, "more passes than problems", f"{k}/{n}")
    metric = cells.get("metric") or "pass@1"
    role = cells.get("role", "")
    if role not in _ROLES:
        raise _fault(row, path, "the role is not known", role)
    paired = cells.get("paired", "").lower()
    if paired not in _PAIRED:
        raise _fault(row, path, "`paired` is yes or no", paired)
    is_share = metric.lower() in SHARE_METRICS
    value, half_unit = _figure(text, row, path) if text and not fraction else (None, 0.0)
    if is_share and value is not None and not 0 <= value <= 1:
        raise _fault(row, path, f"a {metric} lies between 0 and 1, or carries a %", text)
    if is_share and half_unit == 0.5:
        half_unit = 0.0  # a bare 0 or 1, which nobody rounds a share to
    classes = re.fullmatch(r"(\d+)\s*/\s*(\d+)", cells.get("classes", ""))
    return ReportedResult(
        name=cells["name"],
        row=row.number,
        metric=metric,
        text=text or (str(k) if n is None else f"{k}/{n}"),
        value=k / n if value is None and k is not None and n else value,
        half_unit=half_unit,
        is_share=is_share,
        k=k,
        n=n,
        test_set=cells.get("test_set", ""),
        is_paired=_PAIRED[paired],
        group=cells.get("group", ""),
        step=_whole(cells, "step", row, path),
        role="base" if role == "base" else "baseline" if role == "baseline" else "",
        model=cells.get("model", ""),
        seeds=_whole(cells, "seeds", row, path),
        classes=(int(classes[1]), int(classes[2])) if classes else None,
        repeats=_whole(cells, "repeats", row, path),
        spread=_figure(cells["spread"], row, path)[0] if cells.get("spread") else None,
    )


def _figure(text: str, row: Row, path: Path) -> tuple[float, float]:
    """Return a printed figure and half of its last digit; a percentage as a fraction."""
    found = re.fullmatch(r"(-?\d+)(?:\.(\d+))?\s*(%?)", text)
    if found is None:
        raise _fault(row, path, "the cell is no number", text)
    scale = 100 if found[3] else 1
    digits = len(found[2] or "")
    return float(text.rstrip("% ")) / scale, 0.5 * 10**-digits / scale


def _whole(cells: Mapping[str, str], name: str, row: Row, path: Path) -> int | None:
    text = cells.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise _fault(row, path, f"`{name}` is no whole number", text)
    return int(text)


def _fault(row: Row, path: Path, what: str, received: str) -> DataError:
    return DataError(
        what,
        where=f"{path}, {row.unit} {row.number}",
        received=received,
        expected="a name, and a score such as 26.83 %, 0.881 or 44/164",
        next_step=f"mend {row.unit} {row.number}",
    )
