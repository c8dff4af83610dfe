"""A whole report in Turkish, of either task, has no English sentence left."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import synthetic_report
import trained_report
from page_outline import VOID
from recorded_costs import make_code_costs, make_noise
from test_audit_sections import make_findings
from test_text_sections import CONTAMINATION, SOFT, TRACES, statements

from kiyas.analysis.decoding_noise import state_noise
from kiyas.report import write_classification_report, write_report

ENGLISH_WORDS = re.compile(
    r"\b(the|of|and|is|are|was|were|with|that|than|for|from|by|each|no|which|its|all|only|"
    r"this|be|been|under|better|worse|selected|points?|checkpoints?|arms?|rows?)\b",
    re.IGNORECASE,
)
"""Words that nearly every English sentence has one of, and that are no Turkish words."""
SPOKEN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt")
NOT_THE_REPORTS_WORDS = {"script", "style", "pre", "code"}


class Words(HTMLParser):
    """Collects what a reader sees or hears, but for code, data and what is marked as English."""

    def __init__(self):
        super().__init__()
        self.open, self.said = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        passed_over = (
            tag in NOT_THE_REPORTS_WORDS
            or (tag != "html" and given.get("lang") == "en")
            or given.get("id") == "provenance"
            or given.get("class") == "pairs"  # names and figures as findings.json has them
        )
        if tag not in VOID:
            self.open.append(passed_over)
        self.said += [given[name] for name in SPOKEN_ATTRIBUTES if given.get(name)]

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if data.strip() and not any(self.open):
            self.said.append(" ".join(data.split()))


def words_of(page):
    parser = Words()
    parser.feed(page)
    return parser.said


def english_in(texts):
    return [text for text in texts if ENGLISH_WORDS.search(re.sub(r"\{\w+\}|\S*[/_]\S*", "", text))]


@pytest.fixture(scope="module", params=["code", "classification"])
def page(request, tmp_path_factory, checkpoints, pages, histories):
    folder = tmp_path_factory.mktemp("report")
    if request.param == "classification":
        topics, texts = (
            request.getfixturevalue("topics"),
            request.getfixturevalue("splits")["test"][0],
        )
        files = write_classification_report(
            topics, texts, trained_report.ORIGIN, folder, language="tr"
        )
        return files.index.read_text(encoding="utf-8")
    audited = make_findings()
    said = (*audited.findings, *statements(audited))
    noise = make_noise()
    trials = dict.fromkeys(s.checkpoint.trial for s in audited.checkpoints)
    whole = replace(
        audited,
        findings=(*said, *state_noise(noise)),
        traces=TRACES,
        contamination=CONTAMINATION,
        soft_outcomes=SOFT,
        decoding_noise=noise,
        costs=make_code_costs(trials),
    )
    files = write_report(whole, pages, histories, synthetic_report.ORIGIN, folder, language="tr")
    return files.index.read_text(encoding="utf-8")


def test_english_words_are_found_where_there_are_any(english, topics, tmp_path, texts):
    files = write_classification_report(topics, texts, trained_report.ORIGIN, tmp_path)
    assert len(english_in(words_of(files.index.read_text(encoding="utf-8")))) > 100


def test_no_english_is_seen_or_heard(page):
    assert english_in(words_of(page)) == []


def test_no_statement_had_to_stay_english(page):
    spoken = re.findall(r'<span lang="en">([^<]*)</span>', page)
    assert set(spoken) <= {"kiyas"}


def test_the_messages_of_the_script_are_turkish(page):
    (settings,) = re.findall(r'<script type="application/json" id="settings">(.*?)</script>', page)
    assert english_in(json.loads(settings)["messages"].values()) == []
