"""Traces, contamination and softer outcomes as the report shows them, in both languages."""

from dataclasses import asdict, replace

import pytest
from synthetic_report import ORIGIN

from kiyas.analysis.contamination import state_contamination
from kiyas.analysis.soft_statements import state_soft_outcomes
from kiyas.analysis.trace_statements import state_traces
from kiyas.records.contamination import (
    ContaminationFindings,
    Overlap,
    ScoreWithout,
    TrainingSetOverlap,
)
from kiyas.records.measures import Difference, Proportion
from kiyas.records.soft_outcomes import SoftComparison, SoftFindings, SoftScore
from kiyas.records.traces import Claim, MeasureTest, TraceFindings
from kiyas.report import write_report
from kiyas.report.languages import load_language
from kiyas.report.statements import restate
from kiyas.report.text_files import write_text_files
from kiyas.report.text_sections import explain_texts, make_text_sections

HOSTILE = "<script>alert(1)</script> | `x` \ud800"
SHARE = Proportion(6, 13, 6 / 13, 0.23, 0.71)

TRACES = TraceFindings(
    tests=(
        MeasureTest(
            "deep/seed-42/step-100", "deep", "comprehension", "share", SHARE, SHARE,
            None, None, 0.048, -0.03, 0.126, "Fisher's exact", 0.0004, 0.012,
        ),
        MeasureTest(
            "deep/seed-42/step-100", "deep", "thinking-tokens", "amount", None, None,
            34.0, 56.0, -0.12, -0.2, -0.04, "rank permutation", 0.03, 0.9,
        ),
        MeasureTest(
            "deep/seed-42/step-100", "deep", "recursive", "share", SHARE, SHARE,
            None, None, None, None, None, "Fisher's exact", None, None,
        ),
    ),
    claims=(
        Claim(
            "passing-uses-comprehensions", "deep", "comprehension", 0.2, 0.1, 0.3, 0.001, 0.004,
            "supported", SHARE, SHARE,
        ),
        Claim(
            "failing-over-reasons", "deep", "over-reasons", 0.2, 0.1, 0.3, 0.001, 0.004,
            "contradicted", SHARE, SHARE,
        ),
        Claim(
            "first-arm-learns-faster", "deep / wide", "pass@1 at step 100", 0.07, -0.01, 0.15,
            0.09, 0.3, "not distinguishable",
        ),
    ),
    num_tests=2,
    num_traces=164,
    sampled=False,
)  # fmt: skip

CONTAMINATION = ContaminationFindings(
    num_problems=164,
    num_without_code=26,
    words_a_sequence=13,
    sets=(
        TrainingSetOverlap(
            "deep", "own.jsonl", "found", 5000,
            (Overlap("HumanEval/3", ("prompt", "same code"), 2, 17, HOSTILE),),
        ),
        TrainingSetOverlap("wide", "embedded:diverse", "not found", 168),
        TrainingSetOverlap(
            "far", "owner/name", "not checked", 0, reason="the set was not read on this machine"
        ),
    ),
    flagged=("HumanEval/3",),
    scores=(ScoreWithout("deep/seed-42/step-100", SHARE, SHARE, SHARE),),
)  # fmt: skip

SOFT = SoftFindings(
    edge="floor",
    num_comparisons=3,
    num_separated=0,
    scores=(SoftScore("deep/seed-42/step-100", "runs", 164, 0.634, 0.558, 0.704, 104),),
    comparisons=(
        SoftComparison(
            "deep/seed-42/step-100", "base/b/step-0", "runs", 164,
            Difference(0.24, 0.1, 0.38, 0.001, 0.003), "better",
        ),
    ),
    num_unsupported={"deep/seed-42/step-100": 4},
)  # fmt: skip


@pytest.fixture
def whole(findings):
    return replace(findings, traces=TRACES, contamination=CONTAMINATION, soft_outcomes=SOFT)


def table_of(sections, name):
    (table,) = (b for s in sections for b in s.blocks if getattr(b, "name", "") == name)
    return table


def rows_of(sections, name):
    return [[cell.text for cell in row] for row in table_of(sections, name).rows]


def test_what_was_not_looked_at_has_no_section(findings, english):
    assert make_text_sections(findings, english) == ()
    assert explain_texts(findings, english.catalogue) == ()
    assert write_text_files(findings) == {}


def test_claims_show_verdict_effect_and_counts(whole, english):
    rows = rows_of(make_text_sections(whole, english), "claims")
    assert rows[0][1:] == [
        "deep", "supported", "+20.0 [10.0, 30.0]", "0.004", "6/13 (46.2 %)", "6/13 (46.2 %)",
    ]  # fmt: skip
    assert rows[2][2:] == ["not distinguishable", "+7.0 [−1.0, 15.0]", "0.300", "–", "–"]


def test_measures_mark_what_is_told_apart_and_leave_out_what_never_varies(whole, english):
    sections = make_text_sections(whole, english)
    rows = rows_of(sections, "traces-by-checkpoint")
    assert rows == [["comprehension", "+4.8 *"], ["thinking tokens", "−0.12"]]
    table = table_of(sections, "traces-by-checkpoint")
    assert "The same in all traces of each checkpoint: recursive." in table.note
    assert table.rows[0][1].note == "6/13 : 6/13"
    assert table.rows[1][1].note == "34 : 56"


def test_a_set_is_found_not_found_or_not_checked(whole, english):
    rows = rows_of(make_text_sections(whole, english), "training-sets")
    assert [row[2:] for row in rows] == [
        ["found", "5\u202f000", "1/164"],
        ["not found", "168", "0/164"],
        ["not checked", "–", "–"],
    ]


def test_the_edge_is_said_before_the_softer_outcomes(whole, english):
    section = make_text_sections(whole, english)[0]
    assert section.blocks[0].text.endswith("pass@1 cannot separate the checkpoints here.")
    scores = rows_of([section], "soft-outcomes")
    assert scores == [["deep/seed-42/step-100", "104/164 (63.4 %) [55.8, 70.4]"]]
    rows = rows_of([section], "soft-comparisons")
    assert rows == [["deep/seed-42/step-100", "base/b/step-0", "+24.0 [10.0, 38.0]"]]


def test_every_link_of_a_table_leads_to_a_method_of_the_page(whole, english):
    methods = {method.name for method in explain_texts(whole, english.catalogue)}
    known = methods | {"pass-at-1"}
    linked = {
        column.method
        for section in make_text_sections(whole, english)
        for block in section.blocks
        for column in getattr(block, "columns", ())
    }
    assert linked - {""} <= known


def statements(findings):
    yield from state_traces(TRACES)
    yield from state_traces(replace(TRACES, tests=TRACES.tests[1:]))
    yield from state_contamination(CONTAMINATION)
    labelled = replace(
        findings.checkpoints[0],
        checkpoint=replace(findings.checkpoints[0].checkpoint, trial="deep/seed-42", step=100),
    )
    nothing = replace(SOFT, comparisons=())
    for found in (
        SOFT,
        nothing,
        replace(SOFT, num_separated=1),
        replace(nothing, edge="ceiling"),
        replace(SOFT, edge="ceiling", num_separated=2),
    ):
        yield from state_soft_outcomes(found, [labelled])


def test_every_statement_has_its_sentences_in_turkish(findings):
    told = restate(list(statements(findings)), load_language("tr"))
    assert [item.text for item in told if item.language != "tr"] == []
    assert not any("with one training seed" in item.text for item in told)


@pytest.mark.parametrize("language", ["en", "tr"])
def test_texts_of_training_data_are_shown_as_text(whole, pages, histories, tmp_path, language):
    files = write_report(whole, pages, histories, ORIGIN, tmp_path, language=language)
    page = files.index.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in files.markdown.read_text(encoding="utf-8").replace("\\<script>", "")
    names = {path.name for path in files.tables}
    assert {"traces.csv", "claims.csv", "contamination.csv", "soft_outcomes.csv"} <= names


def test_csv_files_hold_plain_numbers(whole):
    files = write_text_files(whole)
    heads, first = (line.split(",") for line in files["claims.csv"].splitlines()[:2])
    row = dict(zip(heads, first, strict=True))
    assert (row["passing_k"], row["passing_n"], row["effect"]) == ("6", "13", "0.2")
    assert len(files["traces.csv"].splitlines()) == 1 + len(TRACES.tests)
    assert asdict(TRACES.tests[1])["effect"] == -0.12
