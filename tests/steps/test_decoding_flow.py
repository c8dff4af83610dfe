"""Decoding as a study sees it: named engines, the cache, the probe, and input that cannot work."""

import json
import shutil
from pathlib import Path

import pytest
from stub_server import StubServer
from telling import Telling
from tiny_base import save_tiny_base

from kiyas.config import load_study
from kiyas.errors import PredictionError, StudyError
from kiyas.execution import Progress
from kiyas.prediction import completion_server
from kiyas.run_folder import RunFolder, read_completions
from kiyas.steps.predict import predict_checkpoints
from kiyas.steps.run import open_run
from kiyas.steps.score import read_scores, score_checkpoints

NUM_PROBLEMS = 5
STUDY = """\
name: plain
base: {base}
benchmark: {{name: own, path: problems.jsonl}}
audit: off
predict: {{max_new_tokens: 12, dtype: float32{more}}}
arms:
  - name: plain
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    save_tiny_base(folder / "base")
    write_problems(folder / "problems.jsonl", range(NUM_PROBLEMS))
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_problems(path, numbers, padding=""):
    problems = [
        {
            "task_id": f"own/{number}",
            "prompt": f"def add_{number}(x: int) -> int:\n{padding}",
            "entry_point": f"add_{number}",
            "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
            "canonical_solution": f"    return x + {number}\n",
        }
        for number in numbers
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in problems), encoding="utf-8")


def load(home, folder, more, overrides=()):
    path = home / f"{Path(folder).name}.yaml"
    path.write_text(STUDY.format(base=home / "base", more=more), encoding="utf-8")
    return load_study(path, overrides)


def predict(home, folder, more=", cache: false"):
    """Carry out the step that decodes; return what it did and said."""
    progress = Telling()
    opened = open_run(load(home, folder, more), RunFolder(folder), home, progress)
    return predict_checkpoints(opened), progress.said


def score(home, folder, more=", cache: false", overrides=()):
    """Carry out the step that judges; return its scores by problem."""
    opened = open_run(load(home, folder, more, overrides), RunFolder(folder), home, Progress())
    score_checkpoints(opened)
    [base] = opened.jobs.bases.values()
    return {score.task_id: score.outcome for score in read_scores(opened, base)}


def base_folder(folder):
    return folder / "predictions" / "base" / "base" / "step-0" / "chat"


def outputs(folder):
    return json.loads((base_folder(folder) / "step.json").read_text(encoding="utf-8"))["outputs"]


def texts(folder):
    found = read_completions(base_folder(folder) / "samples.jsonl")
    return {completion.task_id: completion.completion for completion in found}


def probe(folder):
    path = base_folder(folder) / "determinism.json"
    return json.loads(path.read_text(encoding="utf-8"))


def solved(question):
    """Answer as a perfect model would: the prompt's bytes hold the number to add."""
    prompt = bytes(token for token in question["prompt"] if token < 256).decode()
    number = prompt.rpartition("add_")[2].partition("(")[0]
    text = f"```python\ndef add_{number}(x):\n    return x + {number}\n```"
    usage = {"prompt_tokens": len(question["prompt"])}
    return {"choices": [{"text": text, "finish_reason": "stop"}], "usage": usage}


def test_a_study_says_which_engine_decodes_and_writes_it_down(home, tmp_path):
    _, said = predict(home, tmp_path / "run")
    assert [line for line in said if line.startswith("decoding with transformers in float32 (")]
    assert outputs(tmp_path / "run")["engine"] == "transformers"
    assert outputs(tmp_path / "run")["dtype"] == "float32"


def test_a_study_decodes_at_a_server_and_needs_no_weights_of_its_own(home, tmp_path):
    with StubServer(solved) as stub:
        more = f", engine: openai, server: {{url: '{stub.url}'}}"
        predict(home, tmp_path / "run", more)
    outcomes = score(home, tmp_path / "run", more)
    assert list(outcomes.values()) == ["passed"] * NUM_PROBLEMS
    assert outputs(tmp_path / "run")["engine"] == "openai"


def test_a_server_that_stops_half_way_ends_the_run_which_then_goes_on(home, tmp_path, monkeypatch):
    monkeypatch.setattr(completion_server, "_WAITS_S", (0.0, 0.0))
    more = ", batch_size: 1, cache: false, engine: openai, server: {{url: '{}'}}"
    with StubServer(solved) as stub:

        def stop_after_two(question):
            if len(stub.questions) == 2:
                stub.fail_next = ["cut"] * 100
            return solved(question)

        stub.answer = stop_after_two
        with pytest.raises(PredictionError, match="does not answer"):
            predict(home, tmp_path / "run", more.format(stub.url))
        kept = texts(tmp_path / "run")
        assert 1 <= len(kept) < NUM_PROBLEMS
        stub.answer, stub.fail_next = solved, []
        work, _ = predict(home, tmp_path / "run", more.format(stub.url))
        assert "prediction base/base/step-0" in work
        assert len(texts(tmp_path / "run")) == NUM_PROBLEMS
        assert predict(home, tmp_path / "run", more.format(stub.url))[0] == []


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (", engine: openai", "predict.engine"),
        (", server: {url: 'http://localhost:1'}", "predict.server"),
        (", engine: openai, server: {url: 'localhost:8000'}", "predict.server.url"),
        (", engine: vlm", "predict.engine"),
    ],
)
def test_an_engine_and_its_server_are_checked_before_anything_runs(home, tmp_path, more, key):
    with pytest.raises(StudyError) as raised:
        predict(home, tmp_path / "run", more)
    assert key in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_a_prompt_longer_than_the_context_is_named_before_anything_is_decoded(tmp_path):
    save_tiny_base(tmp_path / "base")
    write_problems(tmp_path / "problems.jsonl", range(3), padding="    # " + "x" * 600 + "\n")
    with pytest.raises(PredictionError, match="own/0") as raised:
        predict(tmp_path, tmp_path / "run")
    assert "fewer than 512" in str(raised.value)  # the tiny base has 512 positions
    assert not list((tmp_path / "run").rglob("samples.jsonl"))


def test_another_run_of_the_same_study_takes_its_completions_from_the_cache(home, tmp_path):
    predict(home, tmp_path / "first", "")
    predict(home, tmp_path / "second", "")
    assert outputs(tmp_path / "first")["num_from_cache"] == 0
    assert outputs(tmp_path / "second")["num_from_cache"] == NUM_PROBLEMS
    assert texts(tmp_path / "second") == texts(tmp_path / "first")


def test_completions_from_the_cache_are_known_and_in_no_speed(home, tmp_path):
    predict(home, tmp_path / "first", "")
    predict(home, tmp_path / "second", "")
    first, second = outputs(tmp_path / "first"), outputs(tmp_path / "second")
    assert first["num_decoded_tokens"] == first["num_tokens"] == second["num_tokens"]
    assert (second["num_decoded_tokens"], second["decoded_seconds"]) == (0, 0)
    found = read_completions(base_folder(tmp_path / "second") / "samples.jsonl")
    assert all(completion.is_reused for completion in found)


def test_benchmarks_that_share_problems_share_their_completions(home, tmp_path):
    predict(home, tmp_path / "first", "")
    save_tiny_base(tmp_path / "base")
    write_problems(tmp_path / "problems.jsonl", range(2, NUM_PROBLEMS + 2))
    predict(tmp_path, tmp_path / "second", "")
    assert outputs(tmp_path / "second")["num_from_cache"] == NUM_PROBLEMS - 2


def test_the_cache_is_neither_read_nor_written_where_the_study_says_so(home, tmp_path, own_cache):
    predict(home, tmp_path / "first")
    assert not own_cache.exists()
    predict(home, tmp_path / "second", "")
    predict(home, tmp_path / "third")
    assert outputs(tmp_path / "third")["num_from_cache"] == 0


def test_in_float32_the_probe_finds_every_text_and_verdict_equal(home, tmp_path):
    predict(home, tmp_path / "run")
    found = probe(tmp_path / "run")
    assert (found["num_problems"], found["num_equal_texts"]) == (NUM_PROBLEMS, NUM_PROBLEMS)
    assert found["num_equal_verdicts"] == NUM_PROBLEMS
    assert (found["engine"], found["dtype"]) == ("transformers", "float32")


def test_the_probe_is_not_answered_by_the_cache(home, tmp_path, monkeypatch):
    from kiyas.prediction.transformers_engine import TransformersEngine

    predict(home, tmp_path / "first", "")
    sizes = []
    true_decode = TransformersEngine.decode

    def counted(engine, rows, settings):
        sizes.append(len(rows))
        return true_decode(engine, rows, settings)

    monkeypatch.setattr(TransformersEngine, "decode", counted)
    predict(home, tmp_path / "second", "")
    assert sizes == [1] * NUM_PROBLEMS


def test_the_probe_can_be_switched_off_and_is_made_up_for_when_it_is_wanted_again(home, tmp_path):
    predict(home, tmp_path / "run", ", cache: false, determinism_problems: 0")
    assert not (base_folder(tmp_path / "run") / "determinism.json").exists()
    predict(home, tmp_path / "run", ", cache: false, determinism_problems: 2")
    assert probe(tmp_path / "run")["num_problems"] == 2
    assert predict(home, tmp_path / "run", ", cache: false, determinism_problems: 2")[0] == []


def change_probe(folder, **changes):
    path = base_folder(folder) / "determinism.json"
    path.write_text(json.dumps({**probe(folder), **changes}), encoding="utf-8")


def let_one_text_differ(folder):
    """Let the second problem have a text alone that passes, as none of the batch does."""
    second = read_completions(base_folder(folder) / "samples.jsonl")[1]
    assert second.task_id == "own/1"
    good = "```python\ndef add_1(x):\n    return x + 1\n```"
    differing = {**vars(second), "completion": good, "finish_reason": "stop"}
    equal = NUM_PROBLEMS - 1
    change_probe(folder, num_equal_texts=equal, differing=[differing], num_equal_verdicts=None)


def test_texts_that_differ_are_judged_beside_those_of_the_batch(home, tmp_path):
    predict(home, tmp_path / "run")
    before = score(home, tmp_path / "run")
    let_one_text_differ(tmp_path / "run")
    assert score(home, tmp_path / "run") == before
    assert before["own/1"] != "passed"
    assert probe(tmp_path / "run")["num_equal_verdicts"] == NUM_PROBLEMS - 1


@pytest.mark.parametrize(("stops", "is_decoded_again"), [("true", True), ("false", False)])
def test_another_entry_point_is_decoded_for_again_only_where_answers_end_by_it(
    home, tmp_path, stops, is_decoded_again
):
    (tmp_path / "base").symlink_to(home / "base")
    more = f", cache: false, determinism_problems: 0, stop_when_complete: {stops}"
    worked_on = []
    for entry_point in ("f", "g"):
        problem = {
            "task_id": "own/0",
            "prompt": "def f(x):\n    return x + 1\n\n\ndef g(x):\n",
            "entry_point": entry_point,
            "test": "def check(candidate):\n    assert candidate(1) == 2\n",
            "canonical_solution": "    return x + 1\n",
        }
        text = json.dumps(problem) + "\n"
        (tmp_path / "problems.jsonl").write_text(text, encoding="utf-8")
        worked_on.append(bool(predict(tmp_path, tmp_path / "run", more)[0]))
    assert worked_on == [True, is_decoded_again]


@pytest.mark.parametrize("edited", ["tests", "limits"])
def test_texts_that_differ_are_judged_again_once_they_are_judged_otherwise(home, tmp_path, edited):
    own = tmp_path / "home"
    shutil.copytree(home, own)
    predict(own, tmp_path / "run")
    let_one_text_differ(tmp_path / "run")
    score(own, tmp_path / "run")
    change_probe(tmp_path / "run", num_equal_verdicts=0)
    score(own, tmp_path / "run")
    assert probe(tmp_path / "run")["num_equal_verdicts"] == 0  # nothing was edited
    problems = (own / "problems.jsonl").read_text(encoding="utf-8")
    if edited == "tests":
        harder = problems.replace("== 2", "== 2 and candidate(2) == 3")
        (own / "problems.jsonl").write_text(harder, encoding="utf-8")
    score(own, tmp_path / "run", overrides=["score.timeout_s=2"] if edited == "limits" else [])
    assert probe(tmp_path / "run")["num_equal_verdicts"] == NUM_PROBLEMS - 1


def test_as_many_problems_are_probed_as_the_study_asks_for_now(home, tmp_path):
    predict(home, tmp_path / "run", ", cache: false, determinism_problems: 2")
    predict(home, tmp_path / "run", ", cache: false, determinism_problems: 4")
    assert probe(tmp_path / "run")["num_problems"] == 4
