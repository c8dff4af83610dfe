"""Scoring beside decoding, through the front door: scores are those of scoring afterwards."""

import dataclasses
import json
import threading

import pytest
from small_runs import CODE, write_small_code

from kiyas.config import load_study
from kiyas.errors import PredictionError, ScoringError
from kiyas.execution import LocalExecutor, Progress
from kiyas.prediction.engines import DecodedRow
from kiyas.prediction.transformers_engine import TransformersEngine
from kiyas.run_folder import RunFolder
from kiyas.steps import early_scoring
from kiyas.steps import score as scoring
from kiyas.study import run_study

STUDY = (
    CODE.replace("cache: false", "cache: false, determinism_problems: 0").replace(
        "audit: {{protocols: [completion], limit: 1}}", "audit: off\nscore: {{timeout_s: 1}}"
    )
    + "  - name: untrained\n"
)
BODIES = {0: "return x", 1: "while True: pass", 2: "return None"}
"""What is answered to each of the three problems: it passes, never ends, is wrong."""
BASE, FIRST, LAST = "base/base/step-0", "short/seed-0/step-1", "short/seed-0/step-2"
LIMIT_S = 60


class Telling(Progress):
    """Keeps what is said and knows when a checkpoint has been judged beside decoding."""

    def __init__(self):
        self.said = []
        self.has_judged = threading.Event()

    def say(self, text):
        self.said.append(text)
        if "passed" in text:
            self.has_judged.set()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("early")
    write_small_code(folder, STUDY)
    return folder


class Lab:
    """Runs the study with answers that are known; the last checkpoint's wait for a verdict."""

    def __init__(self, home, monkeypatch):
        self.home = home
        self.before_last = lambda progress: progress.has_judged.wait(LIMIT_S)
        self.monkeypatch = monkeypatch

    def run(self, folder):
        progress = Telling()

        def decode(_engine, rows, _settings):
            for row in rows:
                if row.adapter is not None and row.adapter.name == "step-2":
                    self.before_last(progress)
                prompt = bytes(token for token in row.prompt_ids if token < 256).decode()
                number = int(prompt.rpartition("add_")[2].partition("(")[0])
                text = f"```python\ndef add_{number}(x):\n    {BODIES[number]}\n```"
                yield DecodedRow(row.index, text, (1, 2, 3), "stop", 0.1)

        self.monkeypatch.setattr(TransformersEngine, "decode", decode)
        study = load_study(self.home / "study.yaml")
        done = run_study(study, RunFolder(folder), study_dir=self.home, progress=progress)
        return done.work, progress.said


@pytest.fixture
def lab(home, monkeypatch):
    return Lab(home, monkeypatch)


def path_of(folder, checkpoint):
    return folder / "scores" / checkpoint / "chat"


def outcomes(folder, checkpoint):
    """Return what is on disk, by problem."""
    lines = (path_of(folder, checkpoint) / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    scores = [json.loads(line) for line in lines]
    assert len({score["task_id"] for score in scores}) == len(scores)
    return {score["task_id"]: score["outcome"] for score in scores}


def test_scores_are_those_of_scoring_afterwards_and_passes_are_said_meanwhile(
    lab, tmp_path, monkeypatch
):
    work, said = lab.run(tmp_path / "early")
    assert f"{BASE}: 1/2 passed, 1 judged later" in said
    monkeypatch.setattr(LocalExecutor, "is_local", False)
    lab.before_last = lambda _: None
    late_work, late_said = lab.run(tmp_path / "late")
    assert not [line for line in late_said if "passed" in line]
    assert sorted(work) == sorted(late_work)
    for checkpoint in (BASE, FIRST, LAST):
        early, late = (
            json.loads((path_of(tmp_path / name, checkpoint) / "step.json").read_text("utf-8"))
            for name in ("early", "late")
        )
        assert early == late
        assert outcomes(tmp_path / "early", checkpoint) == {
            "own/0": "passed",
            "own/1": "timeout",
            "own/2": "wrong_answer",
        }


def test_a_program_that_ran_out_of_time_beside_decoding_is_judged_again(lab, tmp_path, monkeypatch):
    calls = []
    true_scores = scoring.score_completions

    def slow_at_first(benchmark, completions, cage):
        is_first = not calls
        calls.append([item.task_id for item in completions])
        for score in true_scores(benchmark, completions, cage):
            is_slow = is_first and score.task_id == "own/0"
            yield dataclasses.replace(score, outcome="timeout") if is_slow else score

    monkeypatch.setattr(scoring, "score_completions", slow_at_first)
    lab.run(tmp_path / "run")
    assert len(calls[0]) == 3
    assert ["own/0", "own/1"] in [sorted(call) for call in calls[1:]]
    assert outcomes(tmp_path / "run", BASE)["own/0"] == "passed"


def test_a_run_that_breaks_off_keeps_early_verdicts_and_goes_on_with_what_is_missing(lab, tmp_path):
    def break_off(progress):
        assert progress.has_judged.wait(LIMIT_S)
        raise PredictionError("broken off")

    whole_before_last, lab.before_last = lab.before_last, break_off
    with pytest.raises(PredictionError, match="broken off"):
        lab.run(tmp_path / "run")
    kept = (path_of(tmp_path / "run", BASE) / "scores.jsonl").read_text(encoding="utf-8")
    assert outcomes(tmp_path / "run", BASE) == {"own/0": "passed", "own/2": "wrong_answer"}
    state = json.loads((path_of(tmp_path / "run", BASE) / "step.json").read_text("utf-8"))
    assert not state["complete"]
    lab.before_last = whole_before_last
    work, _ = lab.run(tmp_path / "run")
    assert f"scoring {BASE}" in work
    after = (path_of(tmp_path / "run", BASE) / "scores.jsonl").read_text(encoding="utf-8")
    assert after.startswith(kept)
    assert outcomes(tmp_path / "run", BASE)["own/1"] == "timeout"
    assert lab.run(tmp_path / "run")[0] == ()


def test_a_cage_that_fails_beside_decoding_is_tried_again_afterwards(lab, tmp_path, monkeypatch):
    tried = threading.Event()
    true_open = early_scoring.open_cage

    def fail(_run):
        tried.set()
        raise ScoringError("canonical solutions do not pass")

    monkeypatch.setattr(early_scoring, "open_cage", fail)
    lab.before_last = lambda _: tried.wait(LIMIT_S)
    lab.run(tmp_path / "run")
    assert true_open is scoring.open_cage
    assert [len(outcomes(tmp_path / "run", item)) for item in (BASE, FIRST, LAST)] == [3, 3, 3]


def test_a_cage_that_does_not_work_at_all_ends_the_run_with_every_completion_kept(
    lab, tmp_path, monkeypatch
):
    def fail(_run):
        raise ScoringError("no cage here")

    monkeypatch.setattr(early_scoring, "open_cage", fail)
    monkeypatch.setattr(scoring, "open_cage", fail)
    lab.before_last = lambda _: None
    with pytest.raises(ScoringError, match="no cage here"):
        lab.run(tmp_path / "run")
    assert len(list((tmp_path / "run" / "predictions").rglob("samples.jsonl"))) == 3
