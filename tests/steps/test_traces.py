"""What is measured in completions is kept with their verdicts, and read instead of measured."""

import json

import pytest
from plain_run import make_plain_run

from kiyas.run_folder import read_json, write_json
from kiyas.run_folder.step import STEP_FILE
from kiyas.steps.score import read_scores
from kiyas.steps.traces import keep_traces, read_traces


@pytest.fixture
def run(tmp_path):
    return make_plain_run(tmp_path)


def traces_of(run):
    [base] = run.jobs.bases.values()
    return read_traces(run, base, read_scores(run, base))


def files_of(run):
    [base] = run.jobs.bases.values()
    protocol = run.study.protocol
    return run.folder.traces(base, protocol), run.folder.judgement(base, protocol).path / STEP_FILE


def test_every_completion_with_a_verdict_is_measured_when_it_is_judged(run):
    kept, _ = files_of(run)
    lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    assert [line["task_id"] for line in lines] == [trace.task_id for trace in traces_of(run)]
    assert len(lines) == 3


def test_a_folder_from_before_traces_were_kept_gives_the_same(run):
    before = traces_of(run)
    kept, step = files_of(run)
    kept.unlink()
    recorded = read_json(step)
    del recorded["outputs"]["traces"], recorded["files"]
    write_json(step, recorded)
    assert traces_of(run) == before


def test_measures_of_another_version_are_not_read(run):
    before = traces_of(run)
    kept, step = files_of(run)
    kept.write_text("{}\n", encoding="utf-8")
    recorded = read_json(step)
    recorded["outputs"]["traces"] = 0
    del recorded["files"]["traces.jsonl"]
    write_json(step, recorded)
    assert traces_of(run) == before


def test_what_a_killed_process_had_written_is_written_anew(run):
    before = traces_of(run)
    [base] = run.jobs.bases.values()
    kept, _ = files_of(run)
    kept.write_text(kept.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    keep_traces(run, base, read_scores(run, base))
    assert traces_of(run) == before
