"""An edit of a study, or of what it is made of, reaches the report, and only what it touches."""

import json
import shutil

import pytest
from front_door import kiyas
from small_problems import adding_problems
from small_runs import run_small_code, run_small_topics


def run(home, *more):
    told = kiyas(
        "run", home / "study.yaml", "--json", "--quiet", "--run-folder", home / "run", *more
    )
    assert told.code == 0, told.said + told.out
    return json.loads(told.out)["work"]


def read(home, name):
    return json.loads((home / "run" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a study of code that was run once; its tests edit copies of it."""
    folder = tmp_path_factory.mktemp("finished")
    run_small_code(folder)
    assert run(folder) == []
    return folder


@pytest.fixture
def home(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "home")


def test_a_report_shows_the_study_of_now_even_if_no_outcome_changed(home):
    before = read(home, "findings.json")
    edited = ("--set", "protocol=completion")
    assert run(home, *edited)[-1] == "report"
    after = read(home, "findings.json")
    assert (before["protocol"], after["protocol"]) == ("chat", "completion")
    assert after["decoding_noise"] is not None
    assert run(home, *edited) == []


def test_a_description_is_in_the_report_at_once_and_nothing_else_is_done(home):
    assert run(home, "--set", "description=Adds numbers.") == ["report"]


def test_verdicts_of_another_version_of_the_cage_are_made_anew_and_nothing_else(home, monkeypatch):
    for step in ("score", "audit"):
        monkeypatch.setattr(f"kiyas.steps.{step}.CAGE_VERSION", "another")
    work = run(home)
    scored = [item for item in work if item.startswith("scoring")]
    assert work == scored
    assert len([item for item in scored if item.endswith("by every rule")]) == 5
    assert len(scored) == 10
    assert run(home) == []


def test_another_benchmark_at_the_same_place_stands_in_the_provenance(home):
    before = read(home, "provenance.json")["benchmark"]["sha256"]
    lines = [json.dumps(problem) + "\n" for problem in adding_problems(range(5, 8))]
    (home / "problems.jsonl").write_text("".join(lines), encoding="utf-8")
    run(home)
    assert read(home, "provenance.json")["benchmark"]["sha256"] != before
    assert run(home) == []


def test_a_test_table_that_grew_is_counted_in_the_report(tmp_path):
    run_small_topics(tmp_path)
    before = read(tmp_path, "findings.json")["num_test"]
    with (tmp_path / "test.csv").open("a", encoding="utf-8") as table:
        table.write("mno lmmkk lmm wwx,1\nwuwuuyx xwu dvy,2\n")
    assert run(tmp_path)[-1] == "report"
    assert read(tmp_path, "findings.json")["num_test"] == before + 2
    assert run(tmp_path) == []
