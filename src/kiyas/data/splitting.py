"""One labelled table -> splits of given shares: stratified, near-duplicates kept together.

Does not shuffle within a split (rows keep their order) and drops no row. Stratified as far as the
groups allow: first the groups of several rows go where their classes lack most, then single rows
fill every class up to its share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kiyas.data.near_duplicates import DEFAULT_THRESHOLD, group_near_duplicates
from kiyas.data.tables import LabelledTable, make_table
from kiyas.errors import DataError


@dataclass(frozen=True)
class SplitTables:
    """The splits of one table."""

    tables: dict[str, LabelledTable]
    """Table by name of its split; rare and missing classes are in their warnings."""
    num_groups: int
    """Groups of two or more near-duplicates, each wholly in one split."""
    num_grouped_rows: int
    """Rows in those groups."""
    seed: int
    """Seed of the order in which rows were dealt."""


def split_table(
    table: LabelledTable,
    fractions: Mapping[str, float],
    *,
    seed: int,
    threshold: float = DEFAULT_THRESHOLD,
    strata_column: str | None = None,
) -> SplitTables:
    """Split a table so that no near-duplicate is in two splits.

    Args:
        table: Table to split.
        fractions: Share of each split; they sum to 1. A class with fewer rows than splits fills
            the splits in this order.
        seed: Seed of the order in which rows are dealt.
        threshold: Jaccard similarity from which two texts are near-duplicates.
        strata_column: Another column to keep in proportion too, such as ``language``.

    Raises:
        DataError: Shares that are not positive or do not sum to 1, an unknown column, or a split
            that would be empty.
    """
    _check_fractions(fractions)
    strata = _find_strata(table, strata_column)
    groups = group_near_duplicates(table.texts, threshold)
    members: dict[int, list[int]] = defaultdict(list)
    for position, group in enumerate(groups.tolist()):
        members[group].append(position)
    several = [rows for rows in members.values() if len(rows) > 1]
    split_of = _deal(strata, several, list(fractions.values()), seed)
    tables = {}
    for number, name in enumerate(fractions):
        positions = np.flatnonzero(split_of == number).tolist()
        if not positions:
            raise DataError(
                f"split {name!r} would be empty",
                where=table.source,
                received=f"{len(table.texts)} rows, {len(members)} of them distinct",
                expected="at least one row a split",
                next_step="add rows, or ask for fewer splits",
            )
        tables[name] = make_table(
            table,
            texts=[table.texts[i] for i in positions],
            labels=[table.labels[i] for i in positions],
            class_names=table.class_names,
            positions=positions,
        )
    return SplitTables(tables, len(several), sum(map(len, several)), seed)


def _check_fractions(fractions: Mapping[str, float]) -> None:
    shares = fractions.values()
    is_whole = all(share > 0 for share in shares) and abs(sum(shares) - 1) <= 1e-6  # not if NaN
    if len(fractions) < 2 or not is_whole:
        raise DataError(
            "the shares of the splits do not fit",
            where="fractions",
            received=", ".join(f"{name}: {share}" for name, share in fractions.items()),
            expected="two or more positive shares that sum to 1",
            next_step="for example train: 0.8, validation: 0.1, test: 0.1",
        )


def _find_strata(table: LabelledTable, column: str | None) -> list[tuple[int, str]]:
    if column is None:
        return [(label, "") for label in table.labels]
    if column not in table.other_columns:
        raise DataError(
            f"there is no column {column!r} to stratify by",
            where=table.source,
            received=f"columns {', '.join(table.other_columns) or '(none besides text and label)'}",
            expected="a column of the table",
            next_step="leave it out, or name one of these columns",
        )
    return list(zip(table.labels, table.other_columns[column], strict=True))


def _deal(
    strata: Sequence[tuple[int, str]],
    several: Sequence[Sequence[int]],
    shares: Sequence[float],
    seed: int,
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the number of the split of each row, shape (N,)."""
    random = np.random.default_rng(seed)
    rows_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for position, stratum in enumerate(strata):
        rows_of[stratum].append(position)
    lacking = {stratum: _quotas(len(rows), shares) for stratum, rows in rows_of.items()}
    split_of = np.full(len(strata), -1, dtype=np.int64)
    order = random.permutation(len(several))
    for index in sorted(order.tolist(), key=lambda i: -len(several[i])):
        rows = several[index]
        need = [sum(lacking[strata[row]][split] for row in rows) for split in range(len(shares))]
        chosen = int(np.argmax(need))
        for row in rows:
            split_of[row] = chosen
            lacking[strata[row]][chosen] -= 1
    for stratum in sorted(rows_of):
        rows = [row for row in rows_of[stratum] if split_of[row] < 0]
        _deal_single_rows(random.permutation(rows).tolist(), lacking[stratum], split_of)
    return split_of


def _deal_single_rows(
    rows: Sequence[int], lacking: list[int], split_of: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    """Fill the splits that lack rows; where groups have overfilled one, the others get less."""
    begin = 0
    surplus = sum(max(count, 0) for count in lacking) - len(rows)
    for split, count in enumerate(lacking):
        wanted = max(count, 0)
        given_up = min(surplus, wanted) if split == int(np.argmax(lacking)) else 0
        surplus -= given_up
        taken = rows[begin : begin + wanted - given_up]
        split_of[list(taken)] = split
        begin += len(taken)


def _quotas(num_rows: int, shares: Sequence[float]) -> list[int]:
    """Return the rows of each split by the method of the largest remainder.

    With fewer rows than would give each split one, the splits are filled in their order, so that
    the first (training) never lacks a class that another has.
    """
    if num_rows <= len(shares):
        return [1] * num_rows + [0] * (len(shares) - num_rows)
    exact = [num_rows * share for share in shares]
    quotas = [max(1, int(value)) for value in exact]
    while sum(quotas) > num_rows:
        quotas[int(np.argmax(quotas))] -= 1
    while sum(quotas) < num_rows:
        remainders = [value - quota for value, quota in zip(exact, quotas, strict=True)]
        quotas[int(np.argmax(remainders))] += 1
    return quotas
