"""The check names every row that is unusable, doubled, contradictory or leaked."""

import json
from pathlib import Path

import pytest

from kiyas.data import ClassNames, RawTable, check_tables, read_table, require_no_leak
from kiyas.errors import DataError

TOPICS = ClassNames(("algebra", "geometry"))
LONG = "Show that the three altitudes of any acute triangle meet in exactly one common point"


def raw(rows: list[tuple[str, str]], source: str = "t.csv") -> RawTable:
    return RawTable(
        source=source,
        texts=tuple(text for text, _ in rows),
        label_cells=tuple(label for _, label in rows),
        rows=tuple(range(2, len(rows) + 2)),
        unit="line",
        text_column="Question",
        label_column="label",
        other_columns={},
    )


def test_a_clean_pair_of_splits_has_no_faults():
    report = check_tables(
        {
            "train": raw([("solve for x", "0"), ("draw a circle", "1")]),
            "test": raw([("find the roots", "0"), ("measure the angle", "1")]),
        }
    )
    assert report.num_faults == 0
    require_no_leak(report)


def test_counts_balance_and_lengths_are_those_of_the_rows():
    rows = [("a" * n, "0") for n in (1, 2, 3)] + [("b" * 10, "1")]
    (split,) = check_tables({"train": raw(rows)}, classes=TOPICS).splits
    assert (split.num_rows, split.class_counts, split.imbalance) == (4, (3, 1), 3.0)
    # numpy.percentile of 1, 2, 3, 10: the median is between 2 and 3
    assert split.length_percentiles[50] == 2.5
    assert (split.length_percentiles[0], split.length_percentiles[100]) == (1, 10)


def test_a_class_without_a_row_and_one_of_one_row_are_warned_of():
    (split,) = check_tables({"train": raw([("a", "0")])}, classes=TOPICS).splits
    assert [(item.kind, item.where, item.text) for item in split.warnings] == [
        ("class-of-one-row", "t.csv", "class 0 (algebra) has one row"),
        ("missing-class", "t.csv", "class 1 (geometry) has no row"),
    ]


def test_the_balance_is_undefined_if_a_class_is_missing():
    (split,) = check_tables({"train": raw([("a", "0")])}, classes=TOPICS).splits
    assert (split.class_counts, split.imbalance) == ((1, 0), None)


def test_rows_without_text_or_label_are_named_by_kind():
    rows = [("fine", "0"), ("", "1"), ("NaN", "0"), ("text", ""), ("text too", "9")]
    report = check_tables({"train": raw(rows)}, classes=TOPICS)
    (split,) = report.splits
    assert split.empty_rows == (3, 4)
    assert split.label_faults == {"no label": (5,), "a label outside 0..1": (6,)}
    assert report.num_faults == 4


def test_a_table_without_any_text_is_checked_too():
    (split,) = check_tables({"train": raw([("", "")])}, classes=TOPICS).splits
    assert split.length_percentiles == {}


def test_the_same_text_twice_in_a_split_is_a_duplicate_of_its_first_row():
    rows = [(LONG, "1"), ("other", "0"), (LONG.upper() + " ", "1"), (LONG + "s", "1")]
    (split,) = check_tables({"train": raw(rows)}).splits
    assert split.duplicate_rows == {4: 2}
    assert split.num_near_duplicates == 2


def test_the_same_text_with_two_labels_is_named_over_all_splits():
    report = check_tables(
        {"train": raw([(LONG, "1"), ("x", "0")]), "test": raw([(LONG, "0"), ("y", "1")])}
    )
    (conflict,) = report.conflicts
    assert conflict.rows == (("train", 2, 1), ("test", 2, 0))


def test_letters_of_a_wrong_encoding_are_named():
    (split,) = check_tables({"train": raw([("Ã¼Ã§gen", "0"), ("üçgen", "1")])}).splits
    assert split.mojibake_rows == (2,)


def test_half_an_emoji_is_named_as_a_letter_of_a_wrong_encoding():
    (split,) = check_tables({"train": raw([("half \ud83d", "0"), ("whole", "1")])}).splits
    assert split.mojibake_rows == (2,)


def leaking() -> dict[str, RawTable]:
    return {
        "train": raw([("solve for x", "0"), (LONG, "1")], "train.csv"),
        "validation": raw([("find the roots", "0"), ("measure it", "1")], "val.csv"),
        "test": raw([("factor it", "0"), (LONG + "??", "1"), (LONG + " twice", "1")], "test.csv"),
    }


def test_a_near_duplicate_in_another_split_is_a_leak():
    report = check_tables(leaking())
    assert [(leak.pair, leak.row, leak.other_row) for leak in report.leaks] == [
        ("train/test", 3, 3),
        ("train/test", 4, 3),
    ]
    assert report.leaks[0].similarity == 1.0
    assert 0.8 <= report.leaks[1].similarity < 1


def test_a_leak_is_refused_with_rows_and_the_name_that_allows_it():
    with pytest.raises(DataError, match="2 rows of split 'test'") as caught:
        require_no_leak(check_tables(leaking()))
    assert caught.value.where == "test.csv, lines 3, 4"
    assert "kiyas data split" in caught.value.next_step
    assert caught.value.next_step.endswith("train/test")


@pytest.mark.parametrize("allowed", ["train/test", "test/train"])
def test_a_leak_that_is_allowed_by_name_passes(allowed):
    require_no_leak(check_tables(leaking()), allowed=[allowed])


def test_allowing_another_pair_allows_nothing():
    with pytest.raises(DataError):
        require_no_leak(check_tables(leaking()), allowed=["train/validation"])


def test_empty_texts_leak_nothing():
    report = check_tables({"train": raw([("", "0")]), "test": raw([("", "0")])}, classes=TOPICS)
    assert (report.leaks, report.conflicts) == ((), ())


def test_the_report_is_plain_values():
    report = check_tables(leaking()).to_dict()
    assert json.loads(json.dumps(report))["num_faults"] == 2


def test_a_text_of_100_000_characters_is_warned_of():
    rows = [("c" * 100_000, "0"), ("d", "0"), ("e", "1"), ("f", "1")]
    (split,) = check_tables({"train": raw(rows)}).splits
    assert [warning.kind for warning in split.warnings] == ["long-text"]


def test_the_real_problems_have_the_counts_of_their_description():
    folder = Path(__file__).parents[3] / "shared" / "data" / "math_topics"
    if not folder.exists():
        pytest.skip("needs the shared folder with real mathematics problems")
    report = check_tables(
        {name: read_table(f"{name}.csv", base_dir=folder) for name in ("train", "val", "test")}
    )
    # Rows as stated beside the files; class counts by the csv module.
    assert [split.num_rows for split in report.splits] == [1065, 234, 310]
    assert report.splits[0].class_counts == (231, 70, 231, 194, 70, 84, 130, 55)
    assert all(not split.empty_rows and not split.label_faults for split in report.splits)
