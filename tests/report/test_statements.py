"""Statements of the analysis are said in the reader's language, or marked as English."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiyas.analysis.audit_table import audit_table
from kiyas.analysis.classification_statements import make_classification_statements
from kiyas.data.reported_tables import read_reported
from kiyas.records import Finding
from kiyas.report.statements import restate

ROOT = Path(__file__).parents[2]


def make_statements(findings, **changes):
    given = replace(findings, **changes)
    return make_classification_statements(
        given.results, given.comparisons, given.search, given.latency, 1
    )


def judge(findings, verdict):
    return tuple(replace(item, verdict=verdict) for item in findings.comparisons)


def rare(findings):
    """Return results whose first class has three rows, and whose training warned."""
    first, *others = findings.results
    few = (replace(first.scores.classes[0], support=3), *first.scores.classes[1:])
    note = "base x has no pad token; its eos token (</s>) fills short rows, which are masked"
    return (
        replace(
            first,
            scores=replace(first.scores, classes=few),
            trained=replace(first.trained, warnings=(note,)),
        ),
        *others,
    )


def open_ratios(findings):
    ratios = tuple(replace(r, ci_low=None, ci_high=None) for r in findings.latency.ratios)
    return replace(findings.latency, ratios=ratios)


@pytest.mark.parametrize(
    "changes",
    [
        lambda f: {},
        lambda f: {"results": f.results[1:]},
        lambda f: {"results": rare(f)},
        lambda f: {"comparisons": judge(f, "better")},
        lambda f: {"comparisons": judge(f, "worse")},
        lambda f: {"comparisons": judge(f, "underpowered")},
        lambda f: {"latency": open_ratios(f)},
        lambda f: {"search": tuple(replace(p, alike=p.is_chosen) for p in f.search)},
    ],
)
def test_turkish_has_every_statement_of_a_classification_study(topics, turkish, changes):
    made = make_statements(topics, **changes(topics))
    assert made
    for finding, statement in zip(made, restate(made, turkish), strict=True):
        assert (statement.language, finding.text) == ("tr", finding.text)
        assert statement.text != finding.text


def test_numbers_are_written_as_the_language_has_them(turkish):
    text = (
        "The probabilities of a-1.5 are off by 20.5 points on average; do not read them as chances."
    )
    (said,) = restate([Finding("calibration", "warning", text)], turkish)
    assert "20,5" in said.text
    assert "a-1.5" in said.text


def test_percentages_and_thousands_are_written_as_the_language_has_them(turkish):
    text = (
        "Every pass@1 is also a k/41: all counts are multiples of 4, which happens by chance once "
        "in 16,384 tables."
    )
    (said,) = restate([Finding("common-divisor", "warning", text)], turkish)
    assert "16\u202f384 tabloda" in said.text
    text = "a.jsonl: 9/164 (5.5 %) of the samples ended at the token limit; the score tests the "
    text += "budget as well as the model."
    (said,) = restate([Finding("truncation", "warning", text)], turkish)
    assert "9/164 (%5,5)" in said.text


@pytest.mark.parametrize("name", ["reference-1.csv", "reference-2.csv"])
def test_turkish_has_every_statement_on_the_reference_tables(name, turkish):
    audit = audit_table(read_reported(ROOT / "docs" / "examples" / name))
    found = [*audit.can, *audit.cannot, *audit.doubts]
    assert len(found) > 5
    assert [said.text for said in restate(found, turkish) if said.language != "tr"] == []


def test_a_name_that_is_a_word_of_the_report_stays_a_name(turkish):
    assert turkish.catalogue.gettext("accuracy") != "accuracy"
    text = "accuracy: 3 training rows were longer than max_seq_len and lost their end."
    (said,) = restate([Finding("cut-rows", "warning", text)], turkish)
    assert said.text.startswith("accuracy: 3")


def test_an_unknown_statement_stays_english_as_a_whole_and_says_so(turkish):
    known = "It cannot be told from x."
    (said,) = restate([Finding("x", "note", f"{known} Nobody knows this one.")], turkish)
    assert (said.text, said.language) == (f"{known} Nobody knows this one.", "en")


def test_english_statements_are_left_as_they_are(topics, english):
    assert [s.text for s in restate(topics.findings, english)] == [f.text for f in topics.findings]


def test_an_interval_without_ends_is_one_dash_in_every_language(turkish):
    text = (
        "No early lead is real: a/seed-0 minus b/seed-0 at steps 100, 200 is +0.0 points [–], "
        "p = 1; underpowered."
    )
    (said,) = restate([Finding("learning-speed", "note", text)], turkish)
    assert said.language == "tr"
    assert "[–]" in said.text


def test_a_study_without_learning_speed_says_so_in_turkish(turkish):
    text = (
        "Which arm learns faster cannot be said: that takes at least two steps at which both were "
        "tested. They share fewer: deep/seed-4.2 / wide/seed-4.2."
    )
    (said,) = restate([Finding("learning-speed", "note", text)], turkish)
    assert said.language == "tr"
    assert "deep/seed-4.2 / wide/seed-4.2" in said.text


@pytest.mark.parametrize("likely", ["3", "–"])
def test_what_softer_outcomes_tell_apart_is_said_in_turkish(turkish, likely):
    text = (
        "Softer outcomes tell 3 of 12 pairs apart (assertions passed 0, runs to an answer 0, "
        f"compiles 1, code found 2, likelihood of the reference solution {likely}); they say how "
        "far answers came, never that more problems are solved."
    )
    (said,) = restate([Finding("floor", "warning", text)], turkish)
    assert said.language == "tr"
    assert f"başvuru çözümünün olabilirliği {likely}" in said.text


def test_counts_and_shares_keep_their_order_in_turkish(turkish):
    text = (
        "a.jsonl: the score depends on how the code is taken out of the same texts: 60/164 "
        "(36.6 %) as-is, 100/164 (61.0 %) validated (p = 9e-13, corrected for 5 rules)."
    )
    (said,) = restate([Finding("extraction-artifact", "alarm", text)], turkish)
    assert "as-is 60/164 (%36,6), validated 100/164 (%61,0)" in said.text


def test_times_stand_beside_each_other_without_an_english_word(turkish):
    text = (
        "Which is faster: 14.3 ms / 14.6 ms (2 % apart) without repetitions, spread, warm-up or "
        "interleaving says nothing."
    )
    (said,) = restate([Finding("latency", "warning", text)], turkish)
    assert said.language == "tr"
    assert "14,3 ms / 14,6 ms" in said.text
