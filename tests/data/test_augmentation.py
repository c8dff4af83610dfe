"""Augmentation adds rows to the smallest classes, each with its parent, and touches no old row."""

import json
from pathlib import Path

import pytest

from kiyas.data import LabelledTable, augment_table, load_table, write_table
from kiyas.data.tables import make_table
from kiyas.errors import DataError


@pytest.fixture(scope="module")
def train() -> LabelledTable:
    return load_table("embedded:math-topics", split="train", base_dir=Path())


def subset(table: LabelledTable, positions: list[int]) -> LabelledTable:
    return make_table(
        table,
        texts=[table.texts[i] for i in positions],
        labels=[table.labels[i] for i in positions],
        class_names=table.class_names,
        positions=positions,
    )


def test_the_old_rows_come_first_and_unchanged(train):
    augmented = augment_table(train, share=0.5, seed=1).table
    num_rows = len(train.texts)
    assert augmented.texts[:num_rows] == train.texts
    assert augmented.labels[:num_rows] == train.labels
    assert augmented.other_columns["parent"][:num_rows] == ("",) * num_rows
    # 341 rows and half of that, rounded to the even number
    assert len(augmented.texts) == 341 + 170


def test_each_new_row_names_its_parent_and_has_its_label_and_language(train):
    found = augment_table(train, share=1.0, seed=1)
    position_of = {row: i for i, row in enumerate(train.rows)}
    new = range(len(train.texts), len(found.table.texts))
    assert len(new) == len(found.new_rows) == 341
    for i, row in zip(new, found.new_rows, strict=True):
        parent = position_of[row.parent]
        assert found.table.other_columns["parent"][i] == str(row.parent)
        assert found.table.labels[i] == row.label == train.labels[parent]
        languages = (
            found.table.other_columns["language"][i],
            train.other_columns["language"][parent],
        )
        assert languages[0] == languages[1]
        assert found.table.texts[i] == row.text != train.texts[parent]
        assert row.rewrites
        assert found.table.other_columns["rewrites"][i].split() == list(row.rewrites)


def test_no_text_is_made_twice(train):
    texts = augment_table(train, share=2.0, seed=1).table.texts
    assert len(set(texts)) == len(texts)


def test_new_rows_go_to_the_smallest_classes(train):
    few = [i for i, label in enumerate(train.labels) if label < 2]
    few += [i for i, label in enumerate(train.labels) if label == 2][:10]
    table = subset(train, few)
    # 43, 45 and 10 rows; 33 new ones (a share of 1/3 of 98, rounded) all go to the class of 10
    found = augment_table(table, share=1 / 3, max_per_parent=8, seed=1)
    assert found.num_wanted[0] == found.num_wanted[1] == 0
    assert found.num_wanted[2] == 33
    assert found.table.labels.count(2) == 43


def test_a_class_that_allows_too_few_rewrites_stays_short_and_that_is_said(train):
    table = subset(train, [*range(20), train.labels.index(7)])
    found = augment_table(table, share=1.0, max_per_parent=2, seed=1)
    made = sum(row.label == 7 for row in found.new_rows)
    assert 0 < made <= 2
    assert found.shortfall == {7: found.num_wanted[7] - made}


def test_a_new_row_like_a_held_out_row_is_given_up(train):
    without = augment_table(train, share=0.2, seed=1)
    target = without.new_rows[0].text
    held_out = make_table(
        train, texts=[target], labels=[0], class_names=train.class_names, positions=[0]
    )
    found = augment_table(train, share=0.2, held_out=[held_out], seed=1)
    assert found.num_held_out_alike >= 1
    assert target not in found.table.texts


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(train):
    first = augment_table(train, share=0.2, seed=1)
    assert first == augment_table(train, share=0.2, seed=1)
    assert first.table.sha256 != augment_table(train, share=0.2, seed=2).table.sha256


def test_the_rewrites_can_be_chosen(train):
    found = augment_table(train, share=0.1, rewrites=["rename-variables"], seed=1)
    assert {row.rewrites for row in found.new_rows} == {("rename-variables",)}


def test_a_misspelt_rewrite_is_answered_with_the_nearest(train):
    with pytest.raises(DataError) as caught:
        augment_table(train, rewrites=["rename-variable"], seed=1)
    assert "'rename-variables'" in caught.value.next_step


@pytest.mark.parametrize("share", [0, -1, float("nan")])
def test_a_share_that_adds_nothing_is_refused(share, train):
    with pytest.raises(DataError, match="share"):
        augment_table(train, share=share, seed=1)


def test_a_table_that_is_augmented_already_is_refused_even_from_its_file(train, tmp_path):
    write_table(augment_table(train, share=0.1, seed=1).table, tmp_path / "a.csv")
    with pytest.raises(DataError, match="augmented already"):
        augment_table(load_table("a.csv", base_dir=tmp_path), seed=1)


def test_the_summary_is_plain_values(train):
    found = augment_table(train, share=0.1, seed=1)
    summary = json.loads(json.dumps(found.to_dict()))
    assert len(summary["new_rows"]) == 34
    assert summary["num_new_by_class"].keys() <= {str(label) for label in range(8)}
