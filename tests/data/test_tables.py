"""Labels and texts of a table: accepted, interpreted and said, or refused with their rows."""

import pytest

from kiyas.data import ClassNames, LabelledTable, RawTable, label_table
from kiyas.errors import DataError

TOPICS = ClassNames(
    ("algebra", "geometry", "number theory"), ("Cebir", "Geometri", "Sayılar Teorisi")
)


def raw(labels: list[str], texts: list[str] | None = None) -> RawTable:
    """A table whose first row begins on line 2."""
    return RawTable(
        source="t.csv",
        texts=tuple(texts or [f"problem {i}" for i in range(len(labels))]),
        label_cells=tuple(labels),
        rows=tuple(range(2, len(labels) + 2)),
        unit="line",
        text_column="Question",
        label_column="label",
        other_columns={},
    )


def kinds(table: LabelledTable) -> list[str]:
    return [warning.kind for warning in table.warnings]


def test_whole_numbers_are_classes_and_nothing_is_said():
    table = label_table(raw(["0", "1", " 1 ", "0"]))
    assert (table.labels, table.class_names, table.warnings) == ((0, 1, 1, 0), ("0", "1"), ())


def test_decimals_are_read_as_whole_numbers_and_said():
    table = label_table(raw(["0.0", "1.0", "0", "1.0"]))
    assert table.labels == (0, 1, 0, 1)
    assert kinds(table) == ["decimal-labels"]
    assert "3 of 4" in table.warnings[0].text


def test_names_in_either_language_and_any_case_are_numbers_and_said():
    cells = ["GEOMETRİ", "Algebra", "number_theory", "sayilar teorisi", "1", "0"]
    table = label_table(raw(cells), TOPICS)
    assert table.labels == (1, 0, 2, 2, 1, 0)
    assert kinds(table) == ["named-labels"]


def test_unknown_texts_become_classes_in_alphabetical_order():
    table = label_table(raw(["b", "a", "B", "a"]))
    assert (table.labels, table.class_names) == ((1, 0, 1, 0), ("a", "B"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", "no label"),
        ("NaN", "no label"),
        ("1.5", "not a whole number"),
        ("3", "outside 0..2"),
        ("-1", "outside 0..2"),
        ("9" * 5000, "not a whole number"),
        ("geomtry", "unknown class name"),
    ],
)
def test_a_cell_that_is_no_label_is_refused_with_its_row(cell, words):
    with pytest.raises(DataError, match="1 of 4 rows") as caught:
        label_table(raw(["0", "1", cell, "2"]), TOPICS)
    assert words in caught.value.what
    assert caught.value.where == "t.csv, line 4"
    assert "kiyas data clean" in caught.value.next_step


def test_one_text_among_numbers_is_refused_and_makes_no_class():
    with pytest.raises(DataError, match="unknown class name") as caught:
        label_table(raw(["0", "1", "algebra", "0"]))
    assert caught.value.where == "t.csv, line 4"


def test_labels_with_a_gap_are_refused_unless_the_classes_are_known():
    with pytest.raises(DataError, match="no row has label 1"):
        label_table(raw(["0", "2", "0", "2"]))
    table = label_table(raw(["0", "2", "0", "2"]), TOPICS)
    assert kinds(table) == ["missing-class"]
    assert "class 1 (geometry) has no row" in table.warnings[0].text


def test_labels_that_begin_at_one_are_refused():
    with pytest.raises(DataError, match="no row has label 0"):
        label_table(raw(["1", "2", "1", "2"]))


def test_a_single_class_is_refused():
    with pytest.raises(DataError, match="one class only"):
        label_table(raw(["0", "0"]))


def test_a_class_with_one_row_is_said():
    table = label_table(raw(["0", "0", "1"]))
    assert kinds(table) == ["class-of-one-row"]
    assert "class 1 has one row" in table.warnings[0].text


@pytest.mark.parametrize("text", ["", "  \n", "NaN", "null"])
def test_a_row_without_a_text_is_refused_with_its_line(text):
    with pytest.raises(DataError, match="1 of 2 rows hold no text") as caught:
        label_table(raw(["0", "1"], ["fine", text]))
    assert caught.value.where == "t.csv, line 3"


def test_a_text_of_100_000_characters_is_kept_and_said():
    table = label_table(raw(["0", "1", "0", "1"], ["a", "b", "c" * 100_000, "d"]))
    assert len(table.texts[2]) == 100_000
    (warning,) = table.warnings
    assert (warning.kind, warning.where) == ("long-text", "t.csv, line 4")
    assert "100,000" in warning.text


def test_the_hash_is_that_of_texts_and_labels():
    first = label_table(raw(["0", "1"]))
    assert label_table(raw(["0.0", "1"])).sha256 == first.sha256
    assert label_table(raw(["1", "0"])).sha256 != first.sha256
