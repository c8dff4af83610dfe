"""A text of a model is shown, whatever it holds, and never run."""

from dataclasses import replace

import pytest
from page_outline import HOSTILE
from playwright.sync_api import expect
from synthetic_report import ORIGIN
from written_reports import make_topics, read_findings, read_pages

from kiyas.report import write_classification_report, write_report

TEXTS = (
    *HOSTILE,
    "</textarea><svg onload=alert(2)>",
    "</pre><iframe src='javascript:alert(3)'></iframe>",
    "[x](javascript:alert(4)) <a href=javascript:alert(5)>x</a>",
    "{{ 7 * 7 }} ${7 * 7} `${alert(6)}`",
    "\u2066hidden\u2069 \ufeff \u001b[31mred\u001b[0m \u0000",
    "<base href=//example.org><meta http-equiv=refresh content=0;url=//example.org>",
    "__proto__",
)
VISIBLE = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- <script>",
    "nul U+0000 escape U+001B[2J bell U+0007", "half U+D83D surrogate",
    "right U+202E to left U+200F mark", "980,000",
    *TEXTS[7:11], "U+2066hiddenU+2069 U+FEFF U+001B[31mredU+001B[0m U+0000", *TEXTS[12:],
)  # fmt: skip


def _hostile_answer(answer, text):
    score = replace(answer.score, program=text, detail=text, rule=text[:60])
    return replace(answer, completion=text, score=score)


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory):
    pages = [
        replace(page, entry_point=text[:60], prompts={"chat": text}, test=text,
                answers=tuple(_hostile_answer(answer, text) for answer in page.answers))
        for page, text in zip(read_pages(), TEXTS, strict=False)
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("hostile")
    return write_report(read_findings(), pages, {}, ORIGIN, folder).index


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_hostile_answer_is_shown_and_never_run(open_page, hostile_report, number):
    opened = open_page(hostile_report, f"#HumanEval/{number}")
    assert opened.title == f"HumanEval/{number}"
    for kind in ("answer", "code", "detail", "prompt"):
        shown = opened.page.locator(f"#entry .text.{kind}").first
        expect(shown).to_contain_text(VISIBLE[number], use_inner_text=False)
    planted = opened.page.locator("#entry").locator(
        "script, img, iframe, svg, base, meta, textarea"
    )
    assert planted.count() == 0
    assert opened.dialogs == []
    assert opened.complaints == []
    assert len(opened.requests) == 1


def test_a_hostile_text_can_be_searched(open_page, hostile_report):
    opened = open_page(hostile_report)
    opened.page.locator("#search").fill("</textarea><svg")
    expect(opened.page.locator("#entry-list li:not([hidden])")).to_have_count(1)
    assert opened.names_listed == ["HumanEval/7"]


def test_hostile_items_classes_and_arms_are_shown_and_never_run(open_page, tmp_path):
    topics, _ = make_topics()
    evil = tuple(f"{name}{HOSTILE[1]}" for name in topics.class_names)
    results = tuple(replace(result, arm=HOSTILE[0]) for result in topics.results)
    findings = replace(topics, class_names=evil, results=results)
    index = write_classification_report(findings, HOSTILE, ORIGIN, tmp_path).index
    opened = open_page(index, "#item-1")
    entry = opened.page.locator("#entry")
    assert HOSTILE[0] in entry.locator(".text.answer").text_content()
    assert HOSTILE[0] in entry.locator(".card h4").first.text_content()
    assert HOSTILE[1] in entry.locator(".card .verdict").first.text_content()
    assert opened.page.locator("main img, main script, main iframe").count() == 0
    assert opened.dialogs == []
    assert opened.complaints == []
    assert len(opened.requests) == 1
