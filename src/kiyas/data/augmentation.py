"""A training table -> the same table with rewritten rows, balanced by class.

For training splits alone: rewritten rows in a validation or test split would measure the rewrites.
Draws on no model and no network. A class whose texts allow too few rewrites stays short, which is
said.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from kiyas.data.near_duplicates import group_near_duplicates
from kiyas.data.rewrites import REWRITES
from kiyas.data.suggestions import nearest
from kiyas.data.tables import LabelledTable, make_table
from kiyas.errors import DataError

PARENT_COLUMN, REWRITES_COLUMN = "parent", "rewrites"
"""Columns that augmentation adds; both are empty for rows that are not rewritten."""


@dataclass(frozen=True)
class RewrittenRow:
    """A new row."""

    text: str
    """Its text."""
    label: int
    """Its class: that of its parent."""
    parent: int
    """Row of the text that was rewritten."""
    rewrites: tuple[str, ...]
    """Names of the rewrites, in the order in which they were applied."""


@dataclass(frozen=True)
class AugmentedTable:
    """What augmentation gives."""

    table: LabelledTable
    """The rows as they were, then the new ones, whose row number is that of their parent; with
    the columns ``parent`` and ``rewrites``."""
    new_rows: tuple[RewrittenRow, ...]
    """The new rows in the same order."""
    num_wanted: dict[int, int]
    """Class -> new rows that were asked for."""
    shortfall: dict[int, int]
    """Class -> new rows that could not be made; classes that lack none are left out."""
    num_held_out_alike: int
    """New rows that were given up because they are like a held-out row."""
    seed: int
    """Seed of the draws."""

    def to_dict(self) -> dict[str, object]:
        """Return everything but the rows of the table as plain values, for JSON."""
        return {
            "source": self.table.source,
            "num_rows": len(self.table.texts),
            "sha256": self.table.sha256,
            "num_wanted": self.num_wanted,
            "num_new_by_class": dict(Counter(row.label for row in self.new_rows)),
            "num_new_by_rewrite": dict(Counter(r for row in self.new_rows for r in row.rewrites)),
            "shortfall": self.shortfall,
            "num_held_out_alike": self.num_held_out_alike,
            "seed": self.seed,
            "new_rows": [asdict(row) for row in self.new_rows],
        }


def augment_table(
    table: LabelledTable,
    *,
    share: float = 1.0,
    max_per_parent: int = 4,
    rewrites: Sequence[str] | None = None,
    held_out: Sequence[LabelledTable] = (),
    seed: int,
) -> AugmentedTable:
    """Add rewritten rows, each to the class that is smallest then.

    Args:
        table: Training table.
        share: New rows as a share of the table's rows, above 0.
        max_per_parent: New rows from one text at most.
        rewrites: Names of the rewrites to use; None uses all.
        held_out: Tables of the other splits; a new row that is a near-duplicate of one of their
            rows is given up.
        seed: Seed of the draws.

    Raises:
        DataError: An unknown rewrite, a share that is not above 0, or a table that is augmented
            already.
    """
    names = _check_request(table, share, rewrites)
    wanted = _share_out(Counter(table.labels), round(share * len(table.labels)))
    writer = _Rewriter(names, max_per_parent, np.random.default_rng(seed))
    writer.known.update(_fold_space(text) for text in table.texts)
    new_rows: list[tuple[int, RewrittenRow]] = []
    for label, num_new in wanted.items():
        positions = [i for i, other in enumerate(table.labels) if other == label]
        new_rows += writer.rewrite_class(table, positions, num_new)
    kept = _drop_held_out(new_rows, held_out)
    made = Counter(row.label for _, row in kept)
    return AugmentedTable(
        table=_extend(table, kept),
        new_rows=tuple(row for _, row in kept),
        num_wanted=wanted,
        shortfall={label: n - made[label] for label, n in wanted.items() if made[label] < n},
        num_held_out_alike=len(new_rows) - len(kept),
        seed=seed,
    )


def _share_out(counts: Counter[int], num_new: int) -> dict[int, int]:
    """Return the new rows of each class: one after the other to the smallest class."""
    smallest_first = sorted((count, label) for label, count in counts.items())
    wanted = dict.fromkeys(sorted(counts), 0)
    for _ in range(num_new):
        count, label = smallest_first[0]
        wanted[label] += 1
        heapq.heapreplace(smallest_first, (count + 1, label))
    return wanted


@dataclass(frozen=True)
class _Rewriter:
    """Draws rewrites of texts and remembers what it has written."""

    names: Sequence[str]
    max_per_parent: int
    random: np.random.Generator
    known: set[str] = field(default_factory=set)

    def rewrite_class(
        self, table: LabelledTable, positions: Sequence[int], num_new: int
    ) -> list[tuple[int, RewrittenRow]]:
        """Return up to ``num_new`` new rows, each text rewritten once before any is twice."""
        found: list[tuple[int, RewrittenRow]] = []
        for _ in range(self.max_per_parent):
            for position in self.random.permutation(positions).tolist():
                if len(found) >= num_new:
                    return found
                text, used = self._rewrite(table.texts[position])
                if used:
                    parent = table.rows[position]
                    row = RewrittenRow(text, table.labels[position], parent, used)
                    found.append((position, row))
        return found

    def _rewrite(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Return a text that is not known yet and the one or two rewrites that gave it."""
        used: list[str] = []
        rewritten = text
        num_wanted = int(self.random.integers(1, 3))
        for name in self.random.permutation(list(self.names)).tolist():
            if len(used) == num_wanted:
                break
            candidate = REWRITES[name](rewritten, self.random)
            if candidate is not None and _fold_space(candidate) not in self.known:
                rewritten = candidate
                used.append(name)
        if used:
            self.known.add(_fold_space(rewritten))
        return rewritten, tuple(used)


def _check_request(
    table: LabelledTable, share: float, rewrites: Sequence[str] | None
) -> Sequence[str]:
    if PARENT_COLUMN in table.other_columns:
        raise DataError(
            "the table is augmented already",
            where=table.source,
            received=f"a column {PARENT_COLUMN!r}",
            expected="a table without rewritten rows",
            next_step="augment the table from which this one was made",
        )
    if not (math.isfinite(share) and share > 0):
        raise DataError(
            "the share of new rows does not fit",
            where=table.source,
            received=str(share),
            expected="a number above 0",
            next_step="for example 1.0, which doubles the table",
        )
    names = list(REWRITES) if rewrites is None else list(rewrites)
    for name in names:
        if name not in REWRITES:
            close = nearest(name, REWRITES)
            raise DataError(
                "there is no such rewrite",
                where="rewrites",
                received=repr(name),
                expected=", ".join(REWRITES),
                next_step=f"did you mean {close!r}?" if close else "name some of these",
            )
    return names


def _drop_held_out(
    new_rows: Sequence[tuple[int, RewrittenRow]], held_out: Sequence[LabelledTable]
) -> list[tuple[int, RewrittenRow]]:
    held_out_texts = [text for table in held_out for text in table.texts]
    groups = group_near_duplicates([*held_out_texts, *(row.text for _, row in new_rows)])
    groups_held_out = set(groups[: len(held_out_texts)].tolist())
    of_new_rows = groups[len(held_out_texts) :].tolist()
    return [
        new
        for new, group in zip(new_rows, of_new_rows, strict=True)
        if group not in groups_held_out
    ]


def _extend(table: LabelledTable, kept: Sequence[tuple[int, RewrittenRow]]) -> LabelledTable:
    num_rows = len(table.texts)
    extended = make_table(
        table,
        texts=[*table.texts, *(row.text for _, row in kept)],
        labels=[*table.labels, *(row.label for _, row in kept)],
        class_names=table.class_names,
        positions=[*range(num_rows), *(position for position, _ in kept)],
        warnings=[w for w in table.warnings if w.kind not in {"missing-class", "class-of-one-row"}],
    )
    empty = ("",) * num_rows
    columns = {
        PARENT_COLUMN: (*empty, *(str(row.parent) for _, row in kept)),
        REWRITES_COLUMN: (*empty, *(" ".join(row.rewrites) for _, row in kept)),
    }
    return replace(extended, other_columns=extended.other_columns | columns)


def _fold_space(text: str) -> str:
    return " ".join(text.split())
