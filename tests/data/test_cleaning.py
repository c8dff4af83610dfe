"""Cleaning unifies, lists what it did, and drops nothing in silence."""

import json
import sys
from pathlib import Path

import pytest

from kiyas.data import ClassNames, RawTable, clean_table, load_table
from kiyas.data.cleaning import clean_text
from kiyas.errors import DataError, MissingExtraError

TOPICS = ClassNames(("algebra", "geometry"), ("Cebir", "Geometri"))


def raw(rows: list[tuple[str, str]]) -> RawTable:
    return RawTable(
        source="t.csv",
        texts=tuple(text for text, _ in rows),
        label_cells=tuple(label for _, label in rows),
        rows=tuple(range(2, len(rows) + 2)),
        unit="line",
        text_column="Question",
        label_column="label",
        other_columns={"origin": tuple(f"o{i}" for i in range(len(rows)))},
    )


@pytest.mark.parametrize(
    ("text", "cleaned", "kinds"),
    [
        ("plain $x^2$", "plain $x^2$", ()),
        ("a  b\t c ", "a b c", ("white-space",)),
        ("a\r\nb \n\n\n\nc", "a\nb\n\nc", ("white-space",)),
        ("u\u0308c\u0327gen", "üçgen", ("unicode",)),
        ("zero\u200bwidth\ufeff", "zerowidth", ("unicode",)),
        ("bell\x07", "bell", ("unicode",)),
        ("half \ud83demoji", "half emoji", ("unicode",)),
        ("Ã¼Ã§gen ÅŸekli", "üçgen şekli", ("encoding",)),
        ("√2 Ã¼ â€“ 1", "√2 ü – 1", ("encoding",)),
        ("x² + ½", "x² + ½", ()),  # NFKC would make it x2 + 1/2
        ("Åland", "Åland", ()),
    ],
)
def test_a_text_gets_one_spelling(text, cleaned, kinds):
    assert clean_text(text) == (cleaned, kinds)


def test_a_clean_text_stays_as_it_is():
    once, _ = clean_text("a \u200b b\r\n\r\n\r\n Ã¼ ")
    assert clean_text(once) == (once, ())


def test_labels_are_unified_and_every_change_is_listed():
    rows = [("a", "0"), ("b ", "Geometri"), ("c", "1.0"), ("d", "ALGEBRA")]
    cleaned = clean_table(raw(rows), classes=TOPICS, find_suspects=False)
    assert cleaned.table.labels == (0, 1, 1, 0)
    assert [(change.row, change.kinds) for change in cleaned.changes] == [
        (3, ("white-space", "label")),
        (4, ("label",)),
        (5, ("label",)),
    ]


def test_rows_that_cannot_be_labelled_are_set_aside_with_their_reason():
    rows = [("a", "0"), ("", "1"), ("c", "2"), ("\u200b", "0"), ("e", "1")]
    cleaned = clean_table(raw(rows), classes=TOPICS, find_suspects=False)
    assert [(row.row, row.reason, row.label_cell) for row in cleaned.set_aside] == [
        (3, "no text", "1"),
        (4, "a label outside 0..1", "2"),
        (5, "no text", "0"),
    ]
    assert cleaned.table.rows == (2, 6)
    assert cleaned.table.other_columns == {"origin": ("o0", "o4")}


def test_labels_can_be_renamed():
    rows = [("a", "8"), ("b", "1"), ("c", "8"), ("d", "1")]
    cleaned = clean_table(raw(rows), classes=TOPICS, relabel={"8": "0"}, find_suspects=False)
    assert cleaned.table.labels == (0, 1, 0, 1)
    assert cleaned.set_aside == ()


def test_renaming_a_label_that_no_row_has_is_refused():
    with pytest.raises(DataError, match="no row has the label"):
        clean_table(raw([("a", "0"), ("b", "1")]), relabel={"8": "0"}, find_suspects=False)


def test_a_table_with_nothing_left_is_refused_with_the_reasons():
    with pytest.raises(DataError, match="no row has both") as caught:
        clean_table(raw([("", "0"), ("b", "9")]), classes=TOPICS, find_suspects=False)
    assert "no text: 1 rows" in caught.value.received


def mislabelled() -> tuple[RawTable, int]:
    """The embedded training problems of two unlike topics, one label of them swapped."""
    table = load_table("embedded:math-topics", split="train", base_dir=Path())
    rows = [
        (text, "01"[label == 7])
        for text, label in zip(table.texts, table.labels, strict=True)
        if label in {3, 7}
    ]
    wrong = next(i for i, (text, label) in enumerate(rows) if label == "1" and "subgroup" in text)
    rows[wrong] = (rows[wrong][0], "0")
    return raw(rows), wrong + 2


def test_a_swapped_label_is_among_the_suspects_and_stays_as_it_is():
    table, wrong = mislabelled()
    cleaned = clean_table(table)
    suspect = next(s for s in cleaned.suspects if s.row == wrong)
    assert (suspect.label, suspect.suggested) == (0, 1)
    assert suspect.label_probability < 0.5 < suspect.suggested_probability
    assert cleaned.table.labels[cleaned.table.rows.index(wrong)] == 0
    assert len(cleaned.table.texts) == len(table.texts)


def test_the_suspects_are_the_same_each_time_and_the_worst_comes_first():
    table, _ = mislabelled()
    first = clean_table(table, seed=3).suspects
    assert first == clean_table(table, seed=3).suspects
    probabilities = [suspect.label_probability for suspect in first]
    assert probabilities == sorted(probabilities)


def test_classes_too_small_to_be_judged_are_left_alone():
    rows = [("a b c", "0"), ("d e f", "1"), ("g h i", "0")]
    assert clean_table(raw(rows)).suspects == ()


def test_without_cleanlab_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(MissingExtraError) as caught:
        clean_table(raw([("a", "0"), ("b", "1")]))
    assert "kiyas[data]" in caught.value.next_step


def test_the_summary_is_plain_values():
    rows = [("a ", "0"), ("", "1"), ("c", "1")]
    cleaned = clean_table(raw(rows), classes=TOPICS, find_suspects=False)
    summary = json.loads(json.dumps(cleaned.to_dict()))
    assert summary["num_changes"] == {"white-space": 1}
    assert (summary["num_rows"], len(summary["set_aside"]), summary["suspects"]) == (2, 1, None)
