"""``list_runs`` and ``find_report``: what is in a folder of runs, damaged ones included."""

import json
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder
from kiyas.runs import find_report, list_runs

DEMO = Path(__file__).parents[1] / "studies" / "demo.yaml"
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "codegen-cot-small"


@pytest.fixture
def runs(tmp_path):
    """A finished run, one that was stopped, a damaged one, and a folder that is none."""
    folder = tmp_path / "runs"
    done = folder / "done"
    (done / "report").mkdir(parents=True)
    shutil.copy(EXAMPLE / "findings.json", done)
    (done / "provenance.json").write_text('{"study": "codegen-cot-small"}', encoding="utf-8")
    step = {"complete": True, "inputs": {}, "outputs": {}}
    (done / "report" / "step.json").write_text(json.dumps(step), encoding="utf-8")
    (done / "report" / "index.html").write_text("<p>", encoding="utf-8")
    (folder / "stopped").mkdir()
    (folder / "stopped" / "provenance.json").write_text('{"study": "mine"}', encoding="utf-8")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "findings.json").write_text('{"torn', encoding="utf-8")
    (folder / "other").mkdir()
    for age, name in enumerate(("done", "stopped")):
        for path in (folder / name).glob("*.json"):
            os.utime(path, (1000 - age, 1000 - age))
    return folder


def by_name(runs):
    return {Path(run.path).name: run for run in list_runs(runs)}


def test_a_finished_run_is_told_with_its_best_score(runs):
    done = by_name(runs)["done"]
    assert (done.study, done.state) == ("codegen-cot-small", "finished")
    report = (EXAMPLE / "report.md").read_text(encoding="utf-8")
    assert f"{done.best}: {done.k}/{done.n}" in report or f"**{done.k}/{done.n} (" in report
    assert (done.metric, done.n) == ("pass@1", 164)
    assert done.when == "1970-01-01T00:16:40+00:00"


def test_stopped_and_damaged_runs_are_told_as_such_and_other_folders_left_out(runs):
    found = by_name(runs)
    assert found.keys() == {"done", "stopped", "damaged"}
    assert (found["stopped"].state, found["stopped"].study) == ("unfinished", "mine")
    assert found["damaged"].state == "unreadable"


def test_a_run_whose_findings_are_nested_without_end_is_unreadable(runs):
    (runs / "damaged" / "findings.json").write_text("[" * 100_000, encoding="utf-8")
    assert by_name(runs)["damaged"].state == "unreadable"


def test_a_run_that_was_begun_again_and_not_ended_has_no_score(runs):
    with RunFolder(runs / "done").unfinished():
        done = by_name(runs)["done"]
    assert (done.state, done.best, done.k) == ("unfinished", None, None)
    assert by_name(runs)["done"].state == "finished"


def test_a_run_that_another_process_holds_is_running(runs):
    with FileLock(runs / "stopped" / ".lock"):
        assert by_name(runs)["stopped"].state == "running"
    assert by_name(runs)["stopped"].state == "unfinished"


def test_a_run_that_may_not_be_locked_is_told_by_its_report(runs):
    for name in ("done", "stopped"):
        (runs / name / ".lock").mkdir()  # refused as another user's file is, also to root
    found = by_name(runs)
    assert (found["done"].state, found["stopped"].state) == ("finished", "unfinished")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_may_not_be_looked_into_does_not_fail_the_list(runs):
    (runs / "other").chmod(0)
    try:
        assert by_name(runs).keys() == {"done", "stopped", "damaged"}
    finally:
        (runs / "other").chmod(0o755)


def test_the_newest_comes_first(runs):
    assert [Path(run.path).name for run in list_runs(runs) if run.when][:2] == ["done", "stopped"]


def test_the_best_classifier_is_the_one_with_the_best_accuracy(runs):
    def result(trial, k):
        metric = {"estimate": k / 10, "k": k, "n": 10}
        return {"trial": trial, "scores": {"metrics": {"accuracy": metric}}}

    findings = {"study": "topics", "results": [result("tfidf", 7), result("a/seed-0", 9)]}
    (runs / "stopped" / "findings.json").write_text(json.dumps(findings), encoding="utf-8")
    run = by_name(runs)["stopped"]
    assert (run.best, run.metric, run.k) == ("a/seed-0", "accuracy", 9)


def test_a_report_is_found_by_folder_name_study_file_or_the_folder_of_runs(runs):
    study = runs.parent / "study.yaml"
    shutil.copy(DEMO, study)
    (runs / "done").rename(runs / "demo")  # the name that the study file gives
    report = runs / "demo" / "report" / "index.html"
    for place in (runs / "demo", Path("demo"), study, runs, report):
        assert find_report(place, runs) == report


@pytest.mark.parametrize("place", ["stopped", "nothing"])
def test_a_run_without_report_is_one_clear_error(runs, place):
    with pytest.raises(RunFolderError) as caught:
        find_report(runs / place, runs)
    assert "kiyas run" in caught.value.next_step


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(RunFolderError, match="no such folder"):
        list_runs(tmp_path / "none")
