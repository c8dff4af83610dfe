"""The step that scores reference solutions: when it runs, that it resumes, when it is skipped."""

import json

import pytest
from tiny_base import save_tiny_base

from kiyas.config import load_study
from kiyas.execution import Progress
from kiyas.run_folder import RunFolder
from kiyas.steps.likelihoods import likelihood_inputs, rate_solutions, read_likelihoods
from kiyas.steps.run import open_run

STUDY = """\
name: plain
base: {base}
benchmark: {{name: own, path: problems.jsonl}}
audit: off
predict: {{dtype: float32{more}}}
arms:
  - name: plain
"""
LABEL = "base/base/step-0"


@pytest.fixture
def home(tmp_path):
    save_tiny_base(tmp_path / "base")
    rows = [
        {
            "task_id": f"own/{number}",
            "prompt": f"def add_{number}(x):\n",
            "entry_point": f"add_{number}",
            "test": "def check(candidate):\n    assert candidate(1)\n",
            "canonical_solution": f"    return x + {number}\n",
        }
        for number in range(20)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "problems.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def opened(home, num_passed, more=""):
    """Return a run whose verdicts are there: so many of 20 passed."""
    (home / "study.yaml").write_text(STUDY.format(base=home / "base", more=more), encoding="utf-8")
    run = open_run(load_study(home / "study.yaml"), RunFolder(home / "run"), home, Progress())
    [base] = run.jobs.bases.values()
    path = run.folder.scores(base, "chat")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {
            "task_id": f"own/{number}",
            "sample": 0,
            "outcome": "passed" if number < num_passed else "wrong_answer",
            "detail": "",
            "rule": "first-fence",
            "program": "pass",
            "seconds": 0.1,
            "isolation": "strong",
        }
        for number in range(20)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return run


@pytest.mark.parametrize(("num_passed", "is_done"), [(1, True), (10, False), (20, True)])
def test_solutions_are_scored_at_the_edges_of_the_benchmark_alone(home, num_passed, is_done):
    assert bool(rate_solutions(opened(home, num_passed))) is is_done


def test_a_study_can_ask_for_them_or_leave_them_out(home):
    assert rate_solutions(opened(home, 0, ", reference_likelihood: false")) == []
    assert rate_solutions(opened(home, 10, ", reference_likelihood: true"))


def test_a_killed_step_goes_on_and_gives_what_an_uninterrupted_one_does(home):
    run = opened(home, 0)
    assert rate_solutions(run) == [f"reference solutions under {LABEL}"]
    whole = read_likelihoods(run).tables[LABEL]
    assert len(whole) == 20
    assert rate_solutions(run) == []
    [base] = run.jobs.bases.values()
    path = run.folder.likelihoods(base, "chat")
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)[:3]
    path.write_text("".join(kept) + '{"task_id": "ow', encoding="utf-8")  # torn by a kill
    step = path.with_name("step.json")
    state = json.loads(step.read_text(encoding="utf-8"))
    step.write_text(json.dumps({**state, "complete": False, "outputs": {}}), encoding="utf-8")
    assert likelihood_inputs(run) == {"likelihoods": None}
    assert rate_solutions(run)
    assert read_likelihoods(run).tables[LABEL] == whole
    assert path.read_text(encoding="utf-8").startswith("".join(kept))


def test_a_server_is_said_to_give_none(home):
    run = opened(home, 0, ", engine: openai, server: {url: 'http://localhost:1'}")
    assert rate_solutions(run) == []
    found = read_likelihoods(run)
    assert (found.gap, found.tables[LABEL]) == ("server", {})
    assert likelihood_inputs(run) == {"likelihoods": "server"}
