"""Training steps <-> ``history.csv``: one line a step, on disk before the next step begins.

Numbers are written so that they read back exactly. A resumed trial drops the lines of steps that
it will do again.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from kiyas.errors import RunFolderError
from kiyas.run_folder import write_text, writing


@dataclass(frozen=True)
class HistoryRow:
    """One optimiser step."""

    step: int
    """Optimiser steps done, this one included."""
    epoch: float
    """Passes over the data done."""
    loss: float
    """Mean cross entropy over the step's trained tokens, before the update, in nats."""
    learning_rate: float
    """Rate of this update."""
    tokens: int
    """Tokens of the step's rows, padding left out."""
    seconds: float
    """Wall seconds of the step."""

    @property
    def figures(self) -> dict[str, float]:
        """Return what a tracker is told of the step."""
        return {
            "loss": self.loss,
            "learning_rate": self.learning_rate,
            "tokens_per_second": self.tokens / self.seconds,
        }


_COLUMNS = tuple(field.name for field in fields(HistoryRow))


class History:
    """The open history of a running trial."""

    def __init__(self, path: Path, *, resumed_from: int, writes: bool = True) -> None:
        """Keep the lines up to a step and drop the rest.

        Args:
            path: ``history.csv``.
            resumed_from: The step.
            writes: Whether this process is the one that writes.

        Raises:
            RunFolderError: The lines up to that step are not all there.
        """
        self._path, self._writes = path, writes
        self.rows = [row for row in read_history(path) if row.step <= resumed_from]
        if [row.step for row in self.rows] != list(range(1, resumed_from + 1)):
            raise RunFolderError(
                "the history does not hold every step up to the one to resume from",
                where=str(path),
                received=f"{len(self.rows)} steps",
                expected=f"{resumed_from} steps",
                next_step="move the trial's folder away to train it anew",
            )
        if writes:
            write_text(path, _format([_COLUMNS, *map(astuple, self.rows)]))

    def append(self, row: HistoryRow) -> None:
        """Add a step; it is on disk before this returns."""
        self.rows.append(row)
        if not self._writes:
            return
        with writing(self._path), self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(_format([astuple(row)]))
            file.flush()
            os.fsync(file.fileno())


def read_history(path: Path) -> list[HistoryRow]:
    """Return the steps in a history; a last line torn by a kill is left out, no file is no step."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    rows: list[HistoryRow] = []
    for cells in csv.DictReader(io.StringIO(whole)):
        try:
            row = HistoryRow(
                step=int(cells["step"]),
                epoch=float(cells["epoch"]),
                loss=float(cells["loss"]),
                learning_rate=float(cells["learning_rate"]),
                tokens=int(cells["tokens"]),
                seconds=float(cells["seconds"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunFolderError(
                f"line {len(rows) + 2} is no line of a history",
                where=str(path),
                expected=",".join(_COLUMNS),
                next_step="move the trial's folder away to train it anew",
            ) from error
        rows.append(row)
    return rows


def _format(lines: list[tuple[object, ...]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
