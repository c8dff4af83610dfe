import re
from dataclasses import replace
from itertools import pairwise

import pytest
from page_outline import outline
from trained_report import ORIGIN

from kiyas.records import Finding
from kiyas.report import Origin, write_classification_report


def write_page(findings, texts, folder, **options):
    files = write_classification_report(findings, texts, ORIGIN, folder, **options)
    return files.index.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["en", "tr"])
def page(request, topics, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return write_page(topics, texts, folder, language=request.param)


def test_the_page_loads_nothing(page):
    for _tag, attributes in outline(page).tags:
        assert not {"src", "srcset", "action", "data", "poster"} & attributes.keys()
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page


def test_every_element_is_closed_in_turn_and_every_id_is_unique(page):
    read = outline(page)
    ids = [attributes["id"] for _tag, attributes in read.tags if "id" in attributes]
    assert (read.unbalanced, read.open) == ([], [])
    assert len(ids) == len(set(ids))


def test_every_link_inside_the_page_leads_somewhere(page):
    read = outline(page)
    ids = {attributes.get("id") for _tag, attributes in read.tags}
    assert {a["href"][1:] for tag, a in read.tags if tag == "a"} <= ids


def test_headings_descend_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in outline(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_no_element_carries_a_style_or_a_handler_of_its_own(page):
    for _tag, attributes in outline(page).tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_every_chart_is_an_image_with_a_name(page):
    drawn = [attributes for tag, attributes in outline(page).tags if tag == "svg"]
    assert len(drawn) == 13  # metrics, F1, three confusions, ROC, calibration, search, 2 x epochs,
    # latency, accuracy against latency, cost
    assert all(a["role"] == "img" and a["aria-labelledby"] for a in drawn)


def test_every_chart_whose_numbers_stand_in_no_other_table_has_them_beneath(page):
    figures = re.findall(r'<figure id="([^"]+)">(.*?)</figure>', page, re.DOTALL)
    without = {name for name, content in figures if "<table" not in content}
    # Their numbers: leaderboard, table of classes, of epochs, leaderboard with latency, costs.
    assert without == {
        "metrics-chart",
        "roc-chart",
        "loss-chart",
        "accuracy-latency",
        "cost-chart",
    }


def test_a_turkish_report_says_nothing_in_english(topics, texts, tmp_path):
    text = write_page(topics, texts, tmp_path, language="tr")
    assert '<html lang="tr">' in text
    assert ' lang="en"' not in text.replace('<span lang="en">kiyas</span>', "")
    assert "Sayı Teorisi" in text
    assert "number theory" not in text


def test_an_english_report_uses_the_english_names_of_the_classes(topics, texts, tmp_path):
    text = write_page(topics, texts, tmp_path)
    assert "number theory" in text
    assert "Sayı Teorisi" not in text


def test_hostile_names_statements_and_provenance_are_shown_as_text(topics, texts, tmp_path):
    evil = "<img src=x onerror=alert(1)>"
    results = tuple(replace(result, arm=evil) for result in topics.results)
    findings = replace(
        topics,
        study=evil,
        class_names=(evil, *topics.class_names[1:]),
        results=results,
        search=tuple(replace(point, arm=evil) for point in topics.search),
        findings=(Finding("x", "alarm", "</script><script>alert(1)</script>", {evil: evil}),),
    )
    files = write_classification_report(findings, texts, Origin({evil: evil}), tmp_path)
    text = files.index.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "<script>alert" not in text
    assert outline(text).unbalanced == []
    for figure in files.figures:
        assert "<img" not in figure.read_text(encoding="utf-8")
