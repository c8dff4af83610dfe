"""The embedded mathematics set: big and varied enough, split without leaks, fixed."""

from pathlib import Path

import pytest

from kiyas.data import LabelledTable, check_tables, load_table, read_table
from kiyas.data.rewrites import is_turkish
from kiyas.errors import DataError

SPLITS = ("train", "validation", "test")
NAME = "embedded:math-topics"


@pytest.fixture(scope="module")
def tables() -> dict[str, LabelledTable]:
    return {split: load_table(NAME, split=split, base_dir=Path()) for split in SPLITS}


def test_each_topic_has_sixty_problems_or_more_of_573(tables):
    labels = [label for table in tables.values() for label in table.labels]
    assert len(labels) == 573
    assert all(labels.count(topic) >= 60 for topic in range(8))


def test_the_topics_are_those_of_the_reference_in_its_order(tables):
    # The reference study's table of classes.
    assert tables["train"].class_names == (
        "algebra",
        "geometry",
        "calculus",
        "probability",
        "number theory",
        "combinatorics",
        "linear algebra",
        "abstract algebra",
    )


def test_a_fifth_of_each_topic_is_in_turkish_and_marked_so(tables):
    for topic in range(8):
        rows = [
            (text, language)
            for table in tables.values()
            for text, label, language in zip(
                table.texts, table.labels, table.other_columns["language"], strict=True
            )
            if label == topic
        ]
        assert all(is_turkish(text) == (language == "tr") for text, language in rows)
        assert 0.15 <= sum(language == "tr" for _, language in rows) / len(rows) <= 0.25


def test_the_splits_are_60_20_20_in_every_topic(tables):
    for topic in range(8):
        counts = [table.labels.count(topic) for table in tables.values()]
        assert [count / sum(counts) for count in counts] == pytest.approx(
            [0.6, 0.2, 0.2], abs=0.015
        )


def test_no_split_knows_another_and_no_text_has_two_labels():
    report = check_tables(
        {split: read_table(NAME, split=split, base_dir=Path()) for split in SPLITS}
    )
    assert (report.num_faults, report.leaks, report.conflicts) == (0, (), ())
    assert all(split.num_near_duplicates == 0 for split in report.splits)


def test_no_problem_is_another_with_its_numbers_swapped(tables):
    # Half as strict as the leak check, so that a mould with other numbers would be found.
    from kiyas.data.near_duplicates import group_near_duplicates

    texts = [text for table in tables.values() for text in table.texts]
    assert len(set(group_near_duplicates(texts, threshold=0.5).tolist())) == len(texts)


def test_the_splits_never_change(tables):
    # Written once; scores on different splits could not be compared.
    assert [table.sha256[:16] for table in tables.values()] == [
        "61b9c2c1069acba0",
        "cca1d0909c08e005",
        "e78d2f879c1309fc",
    ]


def test_a_split_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(DataError) as caught:
        load_table(NAME, split="val", base_dir=Path())
    assert "train, validation, test" in caught.value.expected
