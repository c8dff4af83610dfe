"""The audit's part of the report: every cell with its counts, charts that are read by form."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import Markup

from kiyas.analysis import AuditedCheckpoint, ScoredCheckpoint, Setting, analyse_code, audit_code
from kiyas.records import Checkpoint, CodeFindings, Proportion, Protocol, Score
from kiyas.records.code_audit import TrainingBudget
from kiyas.records.files import FileScore
from kiyas.report import Origin, ProblemPage, write_report
from kiyas.report.audit_sections import audit_section, trajectory_sections
from kiyas.report.languages import load_language
from kiyas.report.parts import Chart, Gap, Section, Table
from kiyas.report.statements import restate
from kiyas.report.summary import summarise

N = 164
BASE = Checkpoint("base/tiny", 0)
STEPS = [Checkpoint("deep/seed-0", step, "deep", 0) for step in (100, 200)] + [
    Checkpoint("wide/seed-0", step, "wide", 0) for step in (100, 200)
]
PASSES = {"base/tiny": 10, "deep/seed-0": 40, "wide/seed-0": 60}
ENGLISH, TURKISH = load_language("en"), load_language("tr")


def verdicts(num_passed: int, failure: str = "wrong_answer") -> tuple[Score, ...]:
    detail = "<b>AssertionError</b>: assert f(1) == 2"
    return tuple(
        Score(f"t/{n}", 0, "passed", "", "last-fence", "", 0.1, "strong")
        if n < num_passed
        else Score(f"t/{n}", 0, failure, detail, "none", "", 0.1, "strong")
        for n in range(N)
    )


def asked(checkpoint: Checkpoint, protocol: Protocol, num_passed: int) -> AuditedCheckpoint:
    scores = verdicts(num_passed, "wrong_answer" if protocol == "chat" else "empty")
    stripped = tuple(
        FileScore(s.task_id, 0, "syntax_error", "", 0.1, "strong", "stripped") for s in scores
    )
    return AuditedCheckpoint(checkpoint, BASE.label, protocol, scores, {"stripped": stripped})


def make_findings() -> CodeFindings:
    """Return findings in which the base passes 10 under chat and nothing under completion."""
    setting = Setting("s", "humaneval", N, 1, "chat", "strong", 0.95, 1, 0)
    own = [asked(item, "chat", PASSES[item.trial] + item.step // 50) for item in [BASE, *STEPS]]
    other = asked(BASE, "completion", 0)
    cut = Proportion(5, 100, 0.05, 0.02, 0.11)
    training = TrainingBudget("deep/seed-0", "deep", 200, 16, 2048, cut, 30_000, False)
    audit = audit_code(setting, [*own, other], [training], ["chat-prefill (x)"])
    scored = [ScoredCheckpoint(i.checkpoint, i.base, i.scores) for i in own]
    return analyse_code(setting, scored, audit)


@pytest.fixture(scope="module")
def findings() -> CodeFindings:
    return make_findings()


def tables(section: Section) -> dict[str, Table]:
    return {block.name: block for block in section.blocks if isinstance(block, Table)}


def charts(sections: list[Section]) -> dict[str, Markup]:
    return {b.name: b.svg for s in sections for b in s.blocks if isinstance(b, Chart)}


def test_each_cell_of_the_matrix_shows_counts_percent_and_interval(findings: CodeFindings) -> None:
    matrix = tables(audit_section(findings, ENGLISH))["audit-matrix"]
    assert [column.title for column in matrix.columns] == ["checkpoint", "validated", "stripped"]
    assert len(matrix.rows) == 6
    base = matrix.rows[0]
    assert (base[0].text, base[0].note) == ("base/tiny/step-0", "chat")
    # Wilson's interval of 10/164.
    assert (base[1].text, base[1].note, base[1].mark) == ("10/164 (6.1 %)", "[3.3, 10.9]", "best")
    assert base[2].text == "0/164 (0.0 %)"
    assert base[2].note.endswith("other")
    assert matrix.rows[-1][1].text == "0/164 (0.0 %)"


def test_what_was_not_tried_is_said(findings: CodeFindings) -> None:
    gaps = [b.text for b in audit_section(findings, ENGLISH).blocks if isinstance(b, Gap)]
    assert gaps == ["Not tried, since the base has no chat template: chat-prefill (x)."]


def test_a_study_without_an_audit_says_so() -> None:
    setting = Setting("s", "humaneval", N, 1, "chat", "strong", 0.95, 1, 0)
    plain = analyse_code(setting, [ScoredCheckpoint(BASE, BASE.label, verdicts(3))])
    (block,) = audit_section(plain, ENGLISH).blocks
    assert isinstance(block, Gap)


def test_the_areas_of_a_trial_add_up_to_every_completion(findings: CodeFindings) -> None:
    svg = charts(list(trajectory_sections(findings, ENGLISH)))["failure-areas"]
    counts = {
        name: [int(count) for count in numbers.split(", ")]
        for name, numbers in re.findall(r"<title>([\w ]+): ([\d, ]+)</title>", svg)
    }
    # Of the last trial: base, step 100, step 200.
    assert counts == {"passed": [10, 62, 64], "wrong answer": [154, 102, 100]}


def read_marks(svg: str, kind: str) -> tuple[int, set[float]]:
    """Return how many dashes the lines of a kind have, and how high they are."""
    num_marks, heights = 0, set()
    for path in re.findall(rf'<path class="{kind}"[^>]*>', svg):
        dash, gap = map(float, re.search(r'dasharray="([\d.]+) ([\d.]+)"', path).groups())
        heights.add(float(re.search(r'stroke-width="([\d.]+)"', path)[1]))
        for start, end in re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", path):
            num_marks += round((float(end) - float(start)) / (dash + gap))
    return num_marks, heights


def test_the_map_has_a_mark_for_every_problem_and_checkpoint(findings: CodeFindings) -> None:
    svg = charts(list(trajectory_sections(findings, ENGLISH)))["problem-map"]
    passed, missed = (read_marks(svg, kind)[0] for kind in ("passes", "misses"))
    assert passed == (10 + 42 + 44) + (10 + 62 + 64)
    assert passed + missed == 2 * 3 * N
    assert "always passed 10" in svg
    assert "gained 34" in svg


def test_a_mark_tells_passed_from_failed_by_its_height(findings: CodeFindings) -> None:
    svg = charts(list(trajectory_sections(findings, ENGLISH)))["problem-map"]
    assert min(read_marks(svg, "passes")[1]) > 3 * max(read_marks(svg, "misses")[1])


def test_the_page_speaks_turkish_and_keeps_model_text_as_text(
    findings: CodeFindings, tmp_path: Path
) -> None:
    pages = [ProblemPage(f"t/{n}", "f", "", {"chat": ""}, ()) for n in range(N)]
    write_report(findings, pages, {}, Origin({}), tmp_path, language="tr")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Sayı gerçek mi?" in page
    assert "Temel modele göre kazanç: biçim mi yetenek mi" in page
    assert "<b>AssertionError" not in page
    assert "&lt;b&gt;AssertionError" in page
    assert (tmp_path / "figures" / "problem-map.svg").exists()


def test_the_statements_of_the_audit_are_said_in_turkish(findings: CodeFindings) -> None:
    kinds = {
        "protocol-dependence",
        "harness-sensitivity",
        "gain-split",
        "equal-terms",
        "best-checkpoint",
        "learning-speed",
    }
    chosen = [finding for finding in findings.findings if finding.kind in kinds]
    assert {finding.kind for finding in chosen} == kinds
    for statement in restate(chosen, TURKISH):
        assert statement.language == "tr", statement.text


def test_parts_of_a_gain_with_several_completions_are_shares_without_counts(
    findings: CodeFindings,
) -> None:
    assert findings.audit is not None
    split = replace(
        findings.audit.splits[0],
        gained=Proportion(2, 4, 0.375, 0.1, 0.7, "mean"),
        format=Proportion(1, 4, 0.125, 0.0, 0.5, "mean"),
        ability=Proportion(1, 4, 0.25, 0.05, 0.6, "mean"),
        lost=Proportion(0, 4, 0.0, 0.0, 0.3, "mean"),
    )
    sampled = replace(
        findings, audit=replace(findings.audit, splits=(replace(split, checkpoint=findings.best),))
    )
    section = audit_section(sampled, ENGLISH)
    (row,) = tables(section)["gain-split"].rows
    assert [(cell.text, cell.note) for cell in row[1:4]] == [
        ("37.5 %", "[10.0, 70.0]"),
        ("12.5 %", "[0.0, 50.0]"),
        ("25.0 %", "[5.0, 60.0]"),
    ]
    # Of four problems, one and a half: one by ability, half a one by format.
    svg = charts([section])["gain-split-chart"]
    assert "gained: ability 1.0" in svg
    assert "gained: format 0.5" in svg
    is_it_real = summarise(sampled, ENGLISH)[2].sentences
    assert any(
        "Of the 37.5 % of all completions that it gains, the base itself reaches 12.5 %" in sentence
        for sentence in is_it_real
    )
