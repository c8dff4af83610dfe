"""A report of more arms than a chart or a page can hold: what is left out is told, and findable."""

import base64
import json
import re
import zlib

import pytest
from large_report import make_large_study
from synthetic_report import ORIGIN

from kiyas.report import problem_data, write_report
from kiyas.report.languages import load_language
from kiyas.report.leading import MOST_ROWS, MOST_TRIALS
from kiyas.report.problem_data import make_problem_drawer
from kiyas.report.tables import tabulate_comparisons, tabulate_leaderboard

NUM_ARMS, NUM_STEPS, NUM_PROBLEMS = 15, 3, 12
ENGLISH = load_language("en")


@pytest.fixture(scope="module")
def study():
    return make_large_study(NUM_ARMS, NUM_STEPS, NUM_PROBLEMS)


@pytest.fixture(scope="module")
def page(study, tmp_path_factory):
    return write_report(*study, ORIGIN, tmp_path_factory.mktemp("many")).index.read_text("utf-8")


def count_rows(page, table):
    body = re.search(rf'<table id="{table}">.*?<tbody>(.*?)</tbody>', page, re.S)[1]
    return body.count("<tr>")


def test_the_table_of_passes_has_every_trial_and_the_charts_the_leading_ones(page):
    assert count_rows(page, "leaderboard") == NUM_ARMS
    chart = re.search(r'<figure id="pass-curve">.*?</figure>', page, re.S)[0]
    assert chart.count('class="curve"') == MOST_TRIALS
    assert count_rows(page, "checkpoints") == 1 + MOST_TRIALS * NUM_STEPS
    assert f"show the {MOST_TRIALS} trials with the best checkpoints of {NUM_ARMS}" in page


def test_the_trials_stand_by_their_best_checkpoint(study):
    findings, _, _ = study
    table = tabulate_leaderboard(findings, ENGLISH)
    passed = [[int(cell.text.split("/")[0]) for cell in row[2:]] for row in table.rows]
    best = [max(row) for row in passed]
    assert best == sorted(best, reverse=True)


def test_a_long_table_keeps_the_smallest_p_and_says_what_it_leaves_out(study):
    findings, _, _ = study
    between = [c for c in findings.comparisons if c.kind == "between-arms"]
    assert len(between) == NUM_STEPS * NUM_ARMS * (NUM_ARMS - 1) // 2 > MOST_ROWS
    table = tabulate_comparisons(findings, "between-arms", ENGLISH)
    assert len(table.rows) == MOST_ROWS
    assert f"The {MOST_ROWS} of {len(between)} rows with the smallest p" in table.note
    kept = {(row[0].text, row[1].text) for row in table.rows}
    largest = max(c.p_value for c in between if (c.first, c.second) in kept)
    assert all(c.p_value >= largest for c in between if (c.first, c.second) not in kept)


def test_texts_are_carried_for_the_bases_and_the_best_and_outcomes_for_all(study, monkeypatch):
    findings, pages, _ = study
    monkeypatch.setattr(problem_data, "_MOST_READABLE", 4 * NUM_PROBLEMS)
    drawer = make_problem_drawer(findings, pages, ENGLISH)
    data = json.loads(zlib.decompress(base64.b64decode(drawer.block.base64)))
    whole = {
        data["labels"][values[0]]
        for entry in data["entries"]
        for values in entry["answers"]
        if len(values) > 3
    }
    assert len(whole) == 4
    assert {findings.checkpoints[0].checkpoint.label, findings.best} <= whole
    assert all(len(entry["answers"]) == 1 + NUM_ARMS * NUM_STEPS for entry in data["entries"])
    assert f"The answers of 4 of {1 + NUM_ARMS * NUM_STEPS} checkpoints can be read" in drawer.intro
