import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from page_outline import HOSTILE, outline
from synthetic_report import ORIGIN

from kiyas.records import Finding
from kiyas.report import Origin, write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory, findings, pages, histories):
    return write_report(findings, pages, histories, ORIGIN, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(report):
    return report.index.read_text(encoding="utf-8")


def hostile_pages(pages):
    texts = [*HOSTILE, *[""] * (len(pages) - len(HOSTILE))]
    return [
        replace(
            page,
            answers=tuple(
                replace(
                    answer,
                    completion=text,
                    score=replace(answer.score, program=text, detail=text),
                )
                for answer in page.answers
            ),
        )
        for page, text in zip(pages, texts, strict=True)
    ]


def test_the_page_loads_nothing(page):
    for _tag, attributes in outline(page).tags:
        assert not {"src", "srcset", "action", "data", "poster"} & attributes.keys()
        assert attributes.get("href", "#").startswith("#")
    assert "@import" not in page
    assert "url(" not in page


def test_the_policy_allows_the_inline_script_and_style_and_nothing_else(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert len(content) == 1
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_no_element_carries_a_style_or_a_handler_of_its_own(page):
    for _tag, attributes in outline(page).tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_every_element_is_closed_in_turn_and_every_id_is_unique(page):
    read = outline(page)
    ids = [attributes["id"] for _tag, attributes in read.tags if "id" in attributes]
    assert (read.unbalanced, read.open) == ([], [])
    assert len(ids) == len(set(ids))


def test_every_link_inside_the_page_leads_somewhere(page):
    read = outline(page)
    ids = {attributes.get("id") for _tag, attributes in read.tags}
    targets = {a["href"][1:] for tag, a in read.tags if tag == "a"}
    assert targets <= ids


def test_headings_descend_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in outline(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_head_of_a_table_has_a_scope(page):
    heads = [attributes for tag, attributes in outline(page).tags if tag == "th"]
    assert heads
    assert all(attributes.get("scope") in ("row", "col") for attributes in heads)


def test_the_isolation_level_is_the_first_and_the_last_thing_said(findings, pages, tmp_path):
    weak = replace(findings, isolation="weak")
    files = write_report(weak, pages, {}, ORIGIN, tmp_path)
    body = files.index.read_text(encoding="utf-8").split("<body>")[1]
    said = re.findall(r"<p class=\"notice loud\">(.*?)</p>", body)
    assert len(said) == 2
    assert "isolation level: weak" in said[0]
    assert body.index(said[0]) < body.index("<h1")
    assert body.rindex(said[1]) > body.index("</main>")


def test_text_of_models_is_not_in_the_source_of_the_page(findings, pages, tmp_path):
    files = write_report(findings, hostile_pages(pages), {}, ORIGIN, tmp_path)
    text = files.index.read_text(encoding="utf-8")
    assert "alert(1)" not in text
    assert outline(text).unbalanced == []


def test_a_hostile_statement_name_or_provenance_is_shown_as_text(findings, pages, tmp_path):
    said = Finding("x", "alarm", HOSTILE[0], {HOSTILE[1]: HOSTILE[4]})
    loud = replace(findings, study=HOSTILE[1], findings=(said,))
    files = write_report(loud, pages, {}, Origin({HOSTILE[0]: HOSTILE[4]}), tmp_path)
    text = files.index.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "half \\ud83d surrogate" in text


def test_a_turkish_report_declares_its_language_and_speaks_it(findings, pages, tmp_path):
    files = write_report(findings, pages, {}, ORIGIN, tmp_path, language="tr")
    text = files.index.read_text(encoding="utf-8")
    assert '<html lang="tr">' in text
    assert "Hangisi kazandı" in text
    assert "What won" not in text
