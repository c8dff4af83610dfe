"""A split loses no row, keeps the classes in proportion and near-duplicates together."""

import random

import pytest

from kiyas.data import LabelledTable, RawTable, check_tables, label_table, split_table
from kiyas.errors import DataError

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def table_of(
    texts: list[str], labels: list[int], others: dict[str, tuple[str, ...]] | None = None
) -> LabelledTable:
    return label_table(
        RawTable(
            source="t.csv",
            texts=tuple(texts),
            label_cells=tuple(map(str, labels)),
            rows=tuple(range(2, len(texts) + 2)),
            unit="line",
            text_column="Question",
            label_column="label",
            other_columns=others or {},
        )
    )


def distinct(num: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choices("abcdefghijklmnop", k=30)) for _ in range(num)]


def counts(table: LabelledTable) -> list[int]:
    return [table.labels.count(label) for label in range(table.num_classes)]


def test_every_row_is_in_exactly_one_split_and_order_is_kept():
    table = table_of(distinct(100), [i % 3 for i in range(100)])
    splits = split_table(table, SHARES, seed=1).tables
    assert sorted(row for split in splits.values() for row in split.rows) == list(table.rows)
    assert all(list(split.rows) == sorted(split.rows) for split in splits.values())


def test_every_class_has_its_share_in_every_split():
    labels = [0] * 50 + [1] * 20 + [2] * 10
    splits = split_table(table_of(distinct(80), labels), SHARES, seed=1).tables
    # 60, 20 and 20 % of 50, 20 and 10
    assert {name: counts(split) for name, split in splits.items()} == {
        "train": [30, 12, 6],
        "validation": [10, 4, 2],
        "test": [10, 4, 2],
    }


def test_another_column_can_be_kept_in_proportion():
    languages = tuple("tr" if i % 5 == 0 else "en" for i in range(100))
    table = table_of(distinct(100), [i % 2 for i in range(100)], {"language": languages})
    splits = split_table(table, SHARES, seed=1, strata_column="language").tables
    assert [s.other_columns["language"].count("tr") for s in splits.values()] == [12, 4, 4]


def test_near_duplicates_are_never_in_two_splits():
    texts, labels = [], []
    for i, text in enumerate(distinct(60)):
        copies = 1 + i % 4
        texts += [text + "xyz"[:copy] for copy in range(copies)]
        labels += [i % 3] * copies
    found = split_table(table_of(texts, labels), SHARES, seed=5)
    tables = {
        name: RawTable(
            source=name,
            texts=split.texts,
            label_cells=tuple(map(str, split.labels)),
            rows=split.rows,
            unit="line",
            text_column="Question",
            label_column="label",
            other_columns={},
        )
        for name, split in found.tables.items()
    }
    assert check_tables(tables).leaks == ()
    # i % 4 in 1, 2, 3 has two or more copies: 45 groups of 2, 3 and 4 rows, 15 each
    assert (found.num_groups, found.num_grouped_rows) == (45, 15 * (2 + 3 + 4))
    # groups cannot be cut, so that the shares hold to within a group or two
    assert [len(s.texts) for s in found.tables.values()] == pytest.approx([90, 30, 30], abs=5)


def test_the_same_seed_gives_the_same_splits_and_another_seed_others():
    table = table_of(distinct(50), [i % 2 for i in range(50)])
    assert split_table(table, SHARES, seed=1) == split_table(table, SHARES, seed=1)
    assert split_table(table, SHARES, seed=1) != split_table(table, SHARES, seed=2)


def test_a_class_with_one_row_is_trained_on_and_its_absence_elsewhere_is_said():
    table = table_of(distinct(21), [i % 2 for i in range(20)] + [2])
    splits = split_table(table, SHARES, seed=1).tables
    assert counts(splits["train"])[2] == 1
    kinds = {name: [w.kind for w in split.warnings] for name, split in splits.items()}
    assert kinds == {
        "train": ["class-of-one-row"],
        "validation": ["missing-class"],
        "test": ["missing-class"],
    }


@pytest.mark.parametrize(
    "shares",
    [
        {"train": 1.0},
        {"a": 0.5, "b": 0.6},
        {"a": 1.2, "b": -0.2},
        {"a": 0.5, "b": float("nan"), "c": 0.5},
        {"a": float("nan"), "b": 0.5, "c": 0.5},
    ],
)
def test_shares_that_do_not_fit_are_refused(shares):
    with pytest.raises(DataError, match="shares"):
        split_table(table_of(distinct(10), [0, 1] * 5), shares, seed=1)


def test_a_split_that_would_be_empty_is_refused():
    table = table_of(["one and the same text"] * 4, [0, 1, 0, 1])
    with pytest.raises(DataError, match="would be empty"):
        split_table(table, SHARES, seed=1)


def test_an_unknown_column_to_stratify_by_is_refused():
    with pytest.raises(DataError, match="'language'"):
        split_table(table_of(distinct(10), [0, 1] * 5), SHARES, seed=1, strata_column="language")
