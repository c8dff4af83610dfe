"""``kiyas export`` on real small runs: what is written loads elsewhere and says what was found."""

import json
import shutil

import pytest
import torch
from front_door import kiyas
from huggingface_hub import HfApi, ModelCard
from peft import AutoPeftModelForCausalLM, AutoPeftModelForSequenceClassification
from safetensors.torch import load_file
from small_runs import run_small_code, run_small_topics
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

# What PEFT still calls in transformers when the adapters are loaded here without kiyas.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")


@pytest.fixture(scope="module")
def code_run(tmp_path_factory):
    return run_small_code(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def topics_run(tmp_path_factory):
    return run_small_topics(tmp_path_factory.mktemp("topics"))


def export(run, *arguments):
    told = kiyas("export", run, *arguments, "--quiet", "--json")
    return told.code, json.loads(told.out)


def findings_of(run):
    return json.loads((run / "findings.json").read_text(encoding="utf-8"))


def test_an_adapter_is_copied_as_it_is_and_loads_by_its_own_configuration(code_run, tmp_path):
    code, told = export(code_run, "--arm", "short", "--checkpoint", "1", "--output", tmp_path / "x")
    assert code == 0, told
    kept = code_run / "trials" / "short" / "seed-0" / "checkpoints" / "step-1"
    assert told["label"] == "short/seed-0/step-1"
    name = "adapter_model.safetensors"
    assert (tmp_path / "x" / name).read_bytes() == (kept / name).read_bytes()
    model = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "x", dtype=torch.float32)
    loaded = model.state_dict()
    for key, weight in load_file(kept / name).items():
        assert torch.equal(loaded[key.replace(".weight", ".default.weight")], weight), key


def test_a_merged_model_answers_as_base_and_adapter_do(code_run, tmp_path):
    export(code_run, "--arm", "short", "--checkpoint", "last", "--output", tmp_path / "adapter")
    code, told = export(
        code_run, "--arm", "short", "--checkpoint", "last", "--merge", "--output", tmp_path / "x"
    )
    assert code == 0, told
    assert told["check"]["max_difference"] <= told["check"]["tolerance"]
    adapter = AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapter", dtype=torch.float32)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "x", dtype=torch.float32)
    ids = AutoTokenizer.from_pretrained(tmp_path / "x")("x = 1", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        expected, found = adapter.eval()(input_ids=ids).logits, merged.eval()(input_ids=ids).logits
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


def test_a_merged_classifier_names_its_classes_and_keeps_its_head(topics_run, tmp_path):
    code, told = export(topics_run, "--arm", "encoder", "--merge", "--output", tmp_path / "merged")
    assert code == 0, told
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "merged")
    names = findings_of(topics_run)["class_names"]
    assert [model.config.id2label[number] for number in range(len(names))] == names
    export(topics_run, "--arm", "encoder", "--output", tmp_path / "adapter")
    adapter = AutoPeftModelForSequenceClassification.from_pretrained(
        tmp_path / "adapter", num_labels=len(names)
    )
    ids = AutoTokenizer.from_pretrained(tmp_path / "merged")("abc de", return_tensors="pt")
    ids = {"input_ids": ids["input_ids"], "attention_mask": ids["attention_mask"]}
    with torch.inference_mode():
        expected, found = adapter.eval()(**ids).logits, model.eval()(**ids).logits
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


def test_the_card_of_a_chosen_checkpoint_has_the_numbers_of_the_findings(code_run, tmp_path):
    export(code_run, "--arm", "short", "--output", tmp_path / "x")
    card = ModelCard.load(tmp_path / "x" / "README.md")
    (result,) = card.data.eval_results
    best = max(
        (item for item in findings_of(code_run)["checkpoints"] if item["checkpoint"]["arm"]),
        key=lambda item: item["pass_at_1"]["estimate"],
    )["pass_at_1"]
    assert result.metric_type == "pass@1"
    assert result.metric_value == best["estimate"]
    keys = ("k", "n", "ci_low", "ci_high")
    assert {key: result.metric_args[key] for key in keys} == {key: best[key] for key in keys}
    assert "best of 2 checkpoints" in result.metric_name
    assert "selected on the test set" in card.text
    assert f"{best['k']}/{best['n']}" in card.text
    assert "`rows.jsonl`" in card.text
    assert "not known here" in card.text


def test_a_checkpoint_named_by_its_step_is_not_called_selected(code_run, tmp_path):
    export(code_run, "--arm", "short", "--checkpoint", "2", "--output", tmp_path / "x")
    (result,) = ModelCard.load(tmp_path / "x" / "README.md").data.eval_results
    assert "selected on" not in result.metric_name


def test_the_card_of_a_classifier_says_where_its_epoch_was_chosen(topics_run, tmp_path):
    export(topics_run, "--arm", "encoder", "--output", tmp_path / "x")
    card = ModelCard.load(tmp_path / "x" / "README.md")
    item = next(item for item in findings_of(topics_run)["results"] if item["arm"] == "encoder")
    metrics = item["scores"]["metrics"]
    found = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert found["accuracy"] == metrics["accuracy"]["estimate"]
    assert found["f1"] == metrics["f1_macro"]["estimate"]
    assert "validation split" in card.text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--arm", "shrt"), "did you mean `short`?"),
        (("--arm", "short", "--checkpoint", "bset"), "did you mean `best`?"),
        (("--arm", "short", "--checkpoint", "7"), "no such checkpoint"),
        (("--arm", "short", "--seed", "3"), "no such seed"),
    ],
)
def test_what_the_run_has_not_is_refused_with_what_it_has(code_run, tmp_path, arguments, said):
    code, told = export(code_run, *arguments, "--output", tmp_path / "x")
    assert code == 1
    assert said in told["what"]
    assert not (tmp_path / "x").exists()


def test_a_folder_with_something_in_it_is_left_alone(code_run, tmp_path):
    (tmp_path / "mine").write_text("kept", encoding="utf-8")
    code, told = export(code_run, "--arm", "short", "--output", tmp_path)
    assert (code, told["what"]) == (1, "the output folder is not empty")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_adapter_that_is_not_the_one_that_was_tested_is_refused(code_run, tmp_path):
    run = shutil.copytree(code_run, tmp_path / "run")
    steps = run / "trials" / "short" / "seed-0" / "checkpoints"
    name = "adapter_model.safetensors"
    shutil.copyfile(steps / "step-2" / name, steps / "step-1" / name)
    code, told = export(
        run, "--arm", "short", "--checkpoint", "1", "--output", tmp_path / "x", "--merge"
    )
    assert (code, told["what"]) == (1, "the weights are not those that were trained")
    assert not (tmp_path / "x").exists()


def test_an_unfinished_run_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    code, told = export(tmp_path / "run", "--arm", "short", "--output", tmp_path / "x")
    assert (code, told["what"]) == (1, "the run is not finished")


def test_the_baseline_of_a_classification_study_has_no_adapter(topics_run, tmp_path):
    code, told = export(topics_run, "--arm", "tfidf", "--output", tmp_path / "x")
    assert code == 1
    assert "no adapter" in told["what"]


def test_a_push_uploads_the_folder_that_was_written(code_run, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        HfApi,
        "create_repo",
        lambda _, name, **options: calls.append((name, options)) or f"hub/{name}",
    )
    monkeypatch.setattr(HfApi, "upload_folder", lambda _, **options: calls.append(options))
    push = ("--push", "owner/name", "--private")
    code, told = export(code_run, "--arm", "short", "--output", tmp_path / "x", *push)
    assert (code, told["address"]) == (0, "hub/owner/name")
    assert calls[0] == ("owner/name", {"private": True, "exist_ok": True})
    assert calls[1] == {"repo_id": "owner/name", "folder_path": tmp_path / "x"}


def test_a_push_that_fails_leaves_the_folder_and_says_how_to_go_on(code_run, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(HfApi, "create_repo", refuse)
    code, told = export(code_run, "--arm", "short", "--output", tmp_path / "x", "--push", "a/b")
    assert (code, told["received"]) == (1, "no network")
    assert "hf upload a/b" in told["next_step"]
    assert (tmp_path / "x" / "README.md").is_file()
