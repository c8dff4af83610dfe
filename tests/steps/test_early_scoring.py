"""Scoring beside decoding: scores are those of scoring afterwards, and no half score is trusted."""

import contextlib
import json
import threading
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from small_problems import adding_problems

from kiyas.config import load_study
from kiyas.errors import PredictionError, ScoringError
from kiyas.execution import LocalExecutor, Progress
from kiyas.records import Completion
from kiyas.run_folder import RunFolder, appending_lines
from kiyas.sandbox import Verdict
from kiyas.steps import early_scoring
from kiyas.steps import score as scoring
from kiyas.steps.askings import Reading, own_asking
from kiyas.steps.early_scoring import predict_and_score
from kiyas.steps.run import open_run

STUDY = """\
name: early
task: code
base: {base}
benchmark: {{name: own, path: problems.jsonl}}
lora: {{rank: 2, alpha: 4}}
train: {{max_steps: 2, checkpoints: [1, 2], max_seq_len: 128, dtype: float32}}
predict: {{dtype: float32, cache: false, determinism_problems: 0}}
score: {{timeout_s: 1}}
audit: off
arms:
  - {{name: short, data: {{source: rows.jsonl}}}}
"""
BODIES = {0: "return x", 1: "while True: pass", 2: "return None"}
"""What is answered to each of the three problems: it passes, never ends, is wrong."""
OUTCOMES = {"own/0": "passed", "own/1": "timeout", "own/2": "wrong_answer"}
BASE, FIRST, LAST = "base/base/step-0", "short/seed-0/step-1", "short/seed-0/step-2"
LIMIT_S = 300  # for a machine that is busy; nothing waits as long on another


class Telling(Progress):
    """Keeps what is said, and knows when a checkpoint has been judged beside decoding."""

    def __init__(self):
        self.said = []
        self.has_judged = threading.Event()

    def say(self, text):
        self.said.append(text)
        if "passed" in text:
            self.has_judged.set()

    def wait(self):
        assert self.has_judged.wait(LIMIT_S)


class StubCage:
    """Judges by the look of a program; out of time at first where ``slow`` says so."""

    isolation = SimpleNamespace(name="stub", to_dict=lambda: {"name": "stub"})

    def __init__(self, slow):
        self._slow = slow

    def judge(self, jobs):
        for key, problem, program in jobs:
            task_id = problem.task_id
            if "while True" in program or task_id in self._slow:
                self._slow.discard(task_id)
                yield key, Verdict(task_id, "timeout", wall_s=1.0)
            elif "return x" in program:
                yield key, Verdict(task_id, "passed", wall_s=0.1)
            else:
                fault = "AssertionError"
                yield key, Verdict(task_id, "failed", exception=fault, wall_s=0.1, num_calls=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A study of one arm with two checkpoints; its base has no weights, for none are asked."""
    folder = tmp_path_factory.mktemp("early")
    (folder / "base").mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / "base" / name).write_text("{}", encoding="utf-8")
    problems = adding_problems(BODIES)
    for name, rows in (
        ("problems", problems),
        ("rows", [{"prompt": "add", "response": "return x"}] * 4),
    ):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY.format(base=folder / "base"), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def slow(monkeypatch):
    """Put a stub in the cage's place; return the problems that are too slow for it once."""
    problems = set()

    @contextlib.contextmanager
    def open_stub(_run):
        yield StubCage(problems)

    monkeypatch.setattr(early_scoring, "open_cage", open_stub)
    monkeypatch.setattr(scoring, "open_cage", open_stub)
    return problems


def answer(number):
    return f"```python\ndef add_{number}(x):\n    {BODIES[number]}\n```"


def work_on(home, folder, monkeypatch, before_last=Telling.wait):
    """Answer and judge what is missing; return what was worked on, and what was said.

    Answers are known and come checkpoint by checkpoint, the last one's after ``before_last``.
    """
    progress = Telling()
    run = open_run(load_study(home / "study.yaml"), RunFolder(folder), home, progress)

    def predict(run, on_finished=lambda _: None):
        done = []
        for checkpoint in run.jobs.checkpoints:
            reading = Reading(own_asking(run), checkpoint)
            step = run.folder.predictions(checkpoint, run.study.protocol)
            if step.is_complete:
                continue
            if checkpoint.label == LAST:
                before_last(progress)
            step.begin({})
            with appending_lines(run.folder.samples(checkpoint, run.study.protocol)) as lines:
                for number in BODIES:
                    text = answer(number)
                    item = Completion(f"own/{number}", 0, "chat", "", text, 3, "stop", 0.1)
                    lines.append([asdict(item)])
            step.finish({}, {"sha256": "of the answers"})
            on_finished(reading)
            done.append(f"prediction {checkpoint.label}")
        return done

    monkeypatch.setattr(early_scoring, "predict_checkpoints", predict)
    return predict_and_score(run), progress.said


def lines_of(folder, checkpoint):
    path = folder / "scores" / checkpoint / "chat" / "scores.jsonl"
    return path.read_text(encoding="utf-8").splitlines()


def step_of(folder, checkpoint):
    """Return what is recorded of a step, without what a clock says and the hash of seconds."""
    path = folder / "scores" / checkpoint / "chat" / "step.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in recorded.items() if key not in ("seconds", "files")}


def outcomes(folder, checkpoint):
    """Return what is on disk by problem, each judged once."""
    scores = [json.loads(line) for line in lines_of(folder, checkpoint)]
    found = {score["task_id"]: score["outcome"] for score in scores}
    assert len(found) == len(scores)
    return found


@pytest.mark.usefixtures("slow")
def test_what_is_scored_early_is_what_would_be_scored_afterwards(home, tmp_path, monkeypatch):
    work, said = work_on(home, tmp_path / "early", monkeypatch)
    assert f"{BASE}: 1/2 passed, 1 judged later" in said
    monkeypatch.setattr(LocalExecutor, "is_local", False)
    late_work, late_said = work_on(home, tmp_path / "late", monkeypatch, lambda _: None)
    assert not [line for line in late_said if "passed" in line]
    assert sorted(work) == sorted(late_work)
    for checkpoint in (BASE, FIRST, LAST):
        assert outcomes(tmp_path / "early", checkpoint) == OUTCOMES
        assert step_of(tmp_path / "early", checkpoint) == step_of(tmp_path / "late", checkpoint)


@pytest.mark.usefixtures("slow")
def test_a_checkpoint_that_is_judged_whole_beside_decoding_is_not_judged_again(
    home, folder, monkeypatch
):
    monkeypatch.setitem(BODIES, 1, "return None")
    work, said = work_on(home, folder, monkeypatch)
    assert f"{BASE}: 1/3 passed" in said
    assert sorted(work) == sorted(
        f"{what} {item}" for what in ("prediction", "scoring") for item in (BASE, FIRST, LAST)
    )
    assert work_on(home, folder, monkeypatch)[0] == []


def test_a_program_that_ran_out_of_time_beside_decoding_is_judged_again(
    home, folder, monkeypatch, slow
):
    slow.add("own/0")  # would pass, had it the processor
    _, said = work_on(home, folder, monkeypatch)
    assert f"{BASE}: 0/1 passed, 2 judged later" in said
    assert outcomes(folder, BASE) == OUTCOMES


@pytest.mark.usefixtures("slow")
def test_a_run_that_breaks_off_keeps_its_verdicts_and_goes_on_with_what_is_missing(
    home, folder, monkeypatch
):
    def break_off(progress):
        progress.wait()
        raise PredictionError("broken off")

    with pytest.raises(PredictionError, match="broken off"):
        work_on(home, folder, monkeypatch, break_off)
    kept = lines_of(folder, BASE)
    assert outcomes(folder, BASE) == {name: OUTCOMES[name] for name in ("own/0", "own/2")}
    assert not step_of(folder, BASE)["complete"]
    work, _ = work_on(home, folder, monkeypatch, lambda _: None)
    assert f"scoring {BASE}" in work
    assert lines_of(folder, BASE)[:2] == kept
    assert outcomes(folder, BASE) == OUTCOMES


def test_a_run_that_breaks_off_waits_for_one_program_even_if_no_verdict_is_kept(
    home, folder, monkeypatch
):
    judging, over = threading.Event(), threading.Event()
    judged = []

    class SlowCage(StubCage):
        """Has no verdict before the run has broken off; none of them is kept."""

        def judge(self, jobs):
            for key, verdict in super().judge(jobs):
                judging.set()
                assert over.wait(LIMIT_S)
                judged.append(verdict.task_id)
                yield key, verdict

    def break_off(_progress):
        assert judging.wait(LIMIT_S)
        raise PredictionError("broken off")

    slow_cage = contextlib.nullcontext(SlowCage(set(OUTCOMES)))
    monkeypatch.setattr(early_scoring, "open_cage", lambda _run: slow_cage)
    monkeypatch.setattr(early_scoring, "Event", lambda: over)
    with pytest.raises(PredictionError, match="broken off"):
        work_on(home, folder, monkeypatch, break_off)
    assert judged == ["own/0"]


@pytest.mark.usefixtures("slow")
def test_a_cage_that_fails_beside_decoding_is_tried_again_afterwards(home, folder, monkeypatch):
    tried = threading.Event()

    def fail(_run):
        tried.set()
        raise ScoringError("canonical solutions do not pass")

    monkeypatch.setattr(early_scoring, "open_cage", fail)
    work_on(home, folder, monkeypatch, lambda _: tried.wait(LIMIT_S))
    assert tried.is_set()
    assert [outcomes(folder, item) for item in (BASE, FIRST, LAST)] == [OUTCOMES] * 3


def test_a_cage_that_does_not_work_ends_the_run_with_every_completion_kept(
    home, folder, monkeypatch
):
    def fail(_run):
        raise ScoringError("no cage here")

    monkeypatch.setattr(early_scoring, "open_cage", fail)
    monkeypatch.setattr(scoring, "open_cage", fail)
    with pytest.raises(ScoringError, match="no cage here"):
        work_on(home, folder, monkeypatch, lambda _: None)
    assert len(list((folder / "predictions").rglob("samples.jsonl"))) == 3


def test_a_study_whose_checkpoints_decode_in_turn_is_scored_meanwhile(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from small_runs import CODE, write_small_code

    from kiyas.prediction.engines import DecodedRow
    from kiyas.prediction.transformers_engine import TransformersEngine
    from kiyas.study import run_study

    write_small_code(tmp_path, CODE.replace("audit: {{protocols: [completion], limit: 1}}", ""))
    progress = Telling()

    def decode(_engine, rows, _settings):
        for row in rows:
            if row.adapter is not None and row.adapter.name == "step-2":
                progress.wait()
            prompt = bytes(token for token in row.prompt_ids if token < 256).decode()
            number = int(prompt.rpartition("add_")[2].partition("(")[0])
            yield DecodedRow(row.index, answer(number), (1, 2, 3), "stop", 0.1)

    monkeypatch.setattr(TransformersEngine, "decode", decode)
    monkeypatch.setitem(BODIES, 1, "return None")
    study = load_study(tmp_path / "study.yaml", ["audit=off", "predict.determinism_problems=0"])
    place = RunFolder(tmp_path / "run")
    done = run_study(study, place, study_dir=tmp_path, progress=progress)
    assert f"{BASE}: 1/3 passed" in progress.said
    assert {f"scoring {item}" for item in (BASE, FIRST, LAST)} <= set(done.work)
    assert [list(outcomes(place.path, item).values()).count("passed") for item in (BASE, LAST)] == [
        1,
        1,
    ]
    again = run_study(study, place, study_dir=tmp_path, progress=progress)
    assert again.work == ()
