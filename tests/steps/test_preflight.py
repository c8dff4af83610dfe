"""What would fail only after training is said before it, and only where there is work to do."""

import json
import shutil

import pytest

pytest.importorskip("torch")
from small_runs import CODE, TOPICS, write_small_code
from stub_server import StubServer
from telling import Telling
from tiny_classifiers import save_tiny_encoder, write_topic_tables

from kiyas.config import load_study
from kiyas.errors import (
    KiyasError,
    MissingExtraError,
    ModelError,
    PredictionError,
    ScoringError,
    TrainingError,
)
from kiyas.execution import Progress
from kiyas.planning import make_plan
from kiyas.prediction import completion_server, engine_choice
from kiyas.run_folder import RunFolder
from kiyas.steps import score as scoring
from kiyas.study import run_study

NO_AUDIT = CODE.replace("audit: {{protocols: [completion], limit: 1}}", "audit: off")
AWAY = "predict.server.url=http://127.0.0.1:1"
SERVER = ("predict.engine=openai", "predict.server.model=tiny")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    write_small_code(folder, NO_AUDIT)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path / "cache"))


def run(home, folder, *overrides, progress=None):
    study = load_study(home / "study.yaml", overrides)
    return run_study(study, RunFolder(folder), study_dir=home, progress=progress or Progress())


def is_trained(folder):
    return (folder / "trials").exists()


def test_an_engine_that_is_not_installed_is_missed_before_training(home, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_choice, "_is_installed", lambda _package: False)
    with pytest.raises(MissingExtraError, match="vllm engine") as raised:
        run(home, tmp_path / "run", "predict.engine=vllm")
    assert raised.value.where == "predict.engine"
    assert not is_trained(tmp_path / "run")


def test_an_empty_key_is_missed_before_training(home, tmp_path, monkeypatch):
    monkeypatch.delenv("KIYAS_TEST_KEY", raising=False)
    key = "predict.server.api_key_env=KIYAS_TEST_KEY"
    with pytest.raises(PredictionError, match="key is empty"):
        run(home, tmp_path / "run", *SERVER, AWAY, key)
    assert not is_trained(tmp_path / "run")


def test_a_limit_of_the_cache_that_is_no_number_is_refused_before_training(
    home, tmp_path, monkeypatch
):
    monkeypatch.setenv("KIYAS_COMPLETIONS_MB", "much")
    with pytest.raises(PredictionError, match="no whole number"):
        run(home, tmp_path / "run", "predict.cache=true")
    assert not is_trained(tmp_path / "run")


def test_a_reference_solution_that_fails_is_named_before_training(home, tmp_path):
    lines = (home / "problems.jsonl").read_text(encoding="utf-8").splitlines()
    problems = [json.loads(line) for line in lines]
    problems[1]["canonical_solution"] = "    return 0\n"
    text = "".join(json.dumps(problem) + "\n" for problem in problems)
    (tmp_path / "wrong.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(ScoringError, match="canonical") as raised:
        run(home, tmp_path / "run", f"benchmark.path={tmp_path / 'wrong.jsonl'}")
    assert "own/1" in raised.value.received
    assert not is_trained(tmp_path / "run")


@pytest.mark.parametrize(
    ("protocol", "length", "overrides"),
    [
        ("completion", 600, ("protocol=completion",)),
        ("chat", 480, ("protocol=completion", "audit={protocols: [chat]}")),
    ],
)
def test_a_prompt_that_fills_the_context_is_named_before_training(
    home, tmp_path, protocol, length, overrides
):
    # A token a character, of which the base has room for 512; a chat template adds its own.
    lines = (home / "problems.jsonl").read_text(encoding="utf-8").splitlines()
    problems = [json.loads(line) for line in lines]
    problems[1]["prompt"] = "#" * (length - 26) + "\n" + problems[1]["prompt"]
    text = "".join(json.dumps(problem) + "\n" for problem in problems)
    (tmp_path / "long.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(PredictionError, match="no room in the model's context") as raised:
        run(home, tmp_path / "run", f"benchmark.path={tmp_path / 'long.jsonl'}", *overrides)
    assert raised.value.where == f"problem own/1, protocol {protocol}"
    assert not is_trained(tmp_path / "run")


LATER_ARM = "  - name: long\n    data: {source: rows.jsonl}\n"


@pytest.mark.parametrize(
    ("settings", "where", "match"),
    [
        ("lora: {target_modules: [qproj]}", "lora.target_modules", "match no linear layer"),
        ("train: {quantization: 4bit}", "train.quantization", "need a GPU"),
    ],
)
def test_a_later_arm_that_cannot_be_trained_is_named_before_the_first_is(
    tmp_path, monkeypatch, settings, where, match
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    write_small_code(tmp_path, NO_AUDIT + LATER_ARM + f"    {settings}\n")
    with pytest.raises(KiyasError, match=match) as raised:
        run(tmp_path, tmp_path / "run")
    assert raised.value.where.endswith(where)
    assert not is_trained(tmp_path / "run")


def test_a_later_classifier_that_cannot_be_trained_is_named_before_the_first_is(tmp_path):
    base = save_tiny_encoder(tmp_path / "encoder")
    write_topic_tables(tmp_path)
    arm = f"  - {{name: other, base: {base}, lora: {{target_modules: [qproj]}}}}\n"
    (tmp_path / "study.yaml").write_text(TOPICS.format(base=base) + arm, encoding="utf-8")
    with pytest.raises(TrainingError, match="match no linear layer") as raised:
        run(tmp_path, tmp_path / "run")
    assert raised.value.received == "qproj"
    assert not is_trained(tmp_path / "run")


def test_a_classifier_on_a_base_of_tomorrow_is_named_before_the_first_is_trained(tmp_path):
    base = save_tiny_encoder(tmp_path / "encoder")
    other = shutil.copytree(base, tmp_path / "other")
    config = json.loads((other / "config.json").read_text(encoding="utf-8"))
    text = json.dumps({**config, "model_type": "of-tomorrow"})
    (other / "config.json").write_text(text, encoding="utf-8")
    write_topic_tables(tmp_path)
    arm = f"  - {{name: other, base: {other}}}\n"
    (tmp_path / "study.yaml").write_text(TOPICS.format(base=base) + arm, encoding="utf-8")
    with pytest.raises(ModelError, match="sequence classifier"):
        run(tmp_path, tmp_path / "run")
    assert not is_trained(tmp_path / "run")


def test_a_base_that_is_no_causal_model_is_named_before_training(home, tmp_path):
    config = json.loads((home / "base" / "config.json").read_text(encoding="utf-8"))
    shutil.copytree(home / "base", tmp_path / "base")
    text = json.dumps({**config, "model_type": "of-tomorrow"})
    (tmp_path / "base" / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="causal language model"):
        run(home, tmp_path / "run", f"base={tmp_path / 'base'}")
    assert not is_trained(tmp_path / "run")


def test_a_server_without_the_base_is_refused_before_training(home, tmp_path):
    with StubServer(dict, models=("another",)) as server, pytest.raises(ModelError) as raised:
        run(home, tmp_path / "run", *SERVER, f"predict.server.url={server.url}")
    assert raised.value.received == "another"
    assert not is_trained(tmp_path / "run")


def test_a_server_that_is_away_is_named_before_training_and_needed_after_it(
    home, tmp_path, monkeypatch
):
    monkeypatch.setattr(completion_server, "_WAITS_S", ())
    progress = Telling()
    with pytest.raises(PredictionError, match="does not answer"):
        run(home, tmp_path / "run", *SERVER, AWAY, progress=progress)
    warned = [line for line in progress.said if "before training ends" in line]
    assert len(warned) == 1
    assert "127.0.0.1:1" in warned[0]
    assert is_trained(tmp_path / "run")


def test_reference_solutions_are_judged_once_a_run_and_not_for_a_finished_one(
    home, tmp_path, monkeypatch
):
    judged, check = [], scoring.check_canonical

    def count(benchmark, cage):
        judged.append(benchmark.name)
        check(benchmark, cage)

    monkeypatch.setattr(scoring, "check_canonical", count)
    run(home, tmp_path / "run")
    assert judged == ["own"]
    monkeypatch.setenv("KIYAS_COMPLETIONS_MB", "much")
    assert run(home, tmp_path / "run").work == ()
    assert judged == ["own"]


def test_a_plan_says_what_this_machine_lacks_and_is_made_all_the_same(home, monkeypatch):
    monkeypatch.setattr(engine_choice, "_is_installed", lambda _package: False)
    monkeypatch.setenv("KIYAS_COMPLETIONS_MB", "much")
    overrides = ("predict.engine=vllm", "predict.cache=true")
    plan = make_plan(load_study(home / "study.yaml", overrides), home)
    assert [fault["where"] for fault in plan.faults] == ["predict.engine", "KIYAS_COMPLETIONS_MB"]
    assert plan.trials
