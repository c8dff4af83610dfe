"""Names of classes are recognised however they are written."""

import pytest

from kiyas.data.class_names import ClassNames, fold_name, parse_labels


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("KALKÜLÜS", "kalkulus"),
        ("Sayı_Teorisi", "sayi teorisi"),
        ("  İstatistik ", "istatistik"),
        ("number-theory", "number theory"),
    ],
)
def test_case_accents_and_marks_are_taken_off_a_name(written, folded):
    assert fold_name(written) == folded


def test_cells_that_are_no_labels_are_returned_by_kind_with_their_positions():
    parsed = parse_labels(["0", "", "7", "1", "?", "nan"], ClassNames(("a", "b")))
    assert parsed.labels == (0, None, None, 1, None, None)
    assert parsed.faults == {
        "no label": (1, 5),
        "a label outside 0..1": (2,),
        "an unknown class name": (4,),
    }


def test_a_stray_huge_number_makes_no_million_classes():
    parsed = parse_labels(["0", "1", "0", "1000000"], None)
    assert parsed.names == ("0", "1")
    assert parsed.faults == {"a label outside 0..1": (3,)}
