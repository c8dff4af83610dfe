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
def test_case_accents_and_hyphens_are_taken_off_a_name(written, folded):
    assert fold_name(written) == folded


@pytest.mark.parametrize(
    "names",
    [
        ("<=50K", ">50K"),
        ("C", "C#", "C++"),
        ("+", "-"),
        ("kar", "kâr"),
        ("A", "A-"),
        ("Grade -1", "Grade 1"),
    ],
)
def test_names_that_differ_in_signs_or_accents_are_classes_of_their_own(names):
    found = parse_labels(names, None)
    assert (found.names, found.labels) == (names, tuple(range(len(names))))
    assert parse_labels(names, ClassNames(names)).labels == found.labels


def test_spellings_that_differ_in_case_spaces_and_hyphens_are_one_class():
    cells = ["number theory", "Number-Theory", "NUMBER_THEORY ", "İstatistik", "istatistik"]
    found = parse_labels(cells, None)
    assert found.names == ("istatistik", "NUMBER_THEORY")
    assert found.labels == (1, 1, 1, 0, 0)


def test_a_name_without_its_accents_is_found_where_it_fits_one_class_alone():
    topics = ClassNames(("calculus", "algebra"), ("Kalkülüs", "Cebir"))
    assert parse_labels(["KALKULUS", "cebir"], topics).labels == (0, 1)
    either = parse_labels(["kar", "kâr", "KÁR"], ClassNames(("kar", "kâr")))
    assert either.labels == (0, 1, None)


def test_a_cell_with_other_signs_than_every_name_is_no_label():
    assert parse_labels(["C#"], ClassNames(("C", "Java"))).faults == {"an unknown class name": (0,)}


def test_a_class_may_be_called_none():
    assert parse_labels(["None", "some", "nan"], ClassNames(("none", "some"))).labels == (
        0,
        1,
        None,
    )


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
