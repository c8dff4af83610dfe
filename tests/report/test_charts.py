import re
from dataclasses import replace
from xml.etree import ElementTree

from synthetic_report import make_checkpoints, make_findings, make_pages

from kiyas.report import HistoryRow
from kiyas.report.charts import draw_loss_curve, draw_outcomes, draw_pass_curve
from kiyas.report.page import read_chart_style
from kiyas.report.svg import standalone


def test_a_chart_in_a_file_of_its_own_is_xml_with_text_and_colours_inside(findings, english):
    text = standalone(draw_pass_curve(findings, english).svg, read_chart_style())
    root = ElementTree.fromstring(text)
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"deep", "diverse", "training step"} <= set(words)
    assert "var(" not in text


def test_no_chart_writes_a_style_attribute_that_the_page_would_forbid(findings, histories, english):
    for chart in (
        draw_pass_curve(findings, english),
        draw_loss_curve(findings, histories, english),
        draw_outcomes(findings, english),
    ):
        assert "style=" not in chart.svg


def test_each_arm_has_one_band_and_one_curve(findings, english):
    svg = draw_pass_curve(findings, english).svg
    assert len(re.findall('class="band', svg)) == len(re.findall('class="curve', svg)) == 2


def test_every_seed_has_a_name_and_a_look_of_its_own_also_where_an_arm_keeps_one(english):
    points = make_checkpoints(steps=(10, 20), arms=("deep", "wide"), seeds=(1, 2))
    findings = make_findings(points, make_pages(points, 5))
    kept = [s for s in findings.checkpoints if s.checkpoint.trial != "wide/seed-1"]
    svg = draw_pass_curve(replace(findings, checkpoints=tuple(kept)), english).svg
    assert all(name in svg for name in ("deep (seed 1)", "deep (seed 2)", "wide (seed 2)"))
    assert all(f"series-{number}" in svg for number in range(3))


def test_a_study_without_training_has_no_curves(english):
    points = make_checkpoints(steps=())
    findings = make_findings(points, make_pages(points, 5))
    assert draw_pass_curve(findings, english) is None
    assert draw_loss_curve(findings, {}, english) is None


def test_a_loss_that_is_no_number_breaks_the_curve_and_not_the_chart(findings, english):
    losses = [2.0, 1.5, float("nan"), None, 1.2, 1.1]
    rows = [HistoryRow(i + 1, None, loss, None, None, None) for i, loss in enumerate(losses)]
    svg = draw_loss_curve(findings, {"deep/seed-42": rows}, english).svg
    assert len(re.findall('class="curve', svg)) == 2
    assert "nan" not in svg


def test_a_long_history_is_thinned(findings, english):
    rows = [HistoryRow(step, None, 1.0, None, None, None) for step in range(1, 20_001)]
    assert len(draw_loss_curve(findings, {"deep/seed-42": rows}, english).svg) < 20_000


def test_rare_outcomes_beyond_the_colours_are_drawn_as_one(findings, english):
    many = {f"kind_{number}": 1 for number in range(22)}
    scores = tuple(replace(score, outcomes=many) for score in findings.checkpoints)
    svg = draw_outcomes(replace(findings, checkpoints=scores), english).svg
    assert "other outcomes 14" in svg  # 22 kinds less the 8 that have a colour
