"""Checkpoints that cannot be decoded: an outcome where the model is to blame, else one error."""

import json

import pytest
from decoding import decode

from kiyas.config import LoraSettings, PredictSettings
from kiyas.errors import ModelError
from kiyas.models import new_adapter, save_adapter
from kiyas.prediction import CheckpointRequest
from kiyas.records import Benchmark, Checkpoint, Problem
from kiyas.run_folder import read_completions
from kiyas.sandbox import Cage
from kiyas.scoring import score_completions

TEST = "def check(candidate):\n    assert candidate(1)\n"
PROBLEMS = tuple(Problem(f"own/{n}", f"def f{n}(x):\n", f"f{n}", TEST) for n in range(3))
BENCHMARK = Benchmark("own", PROBLEMS, "0" * 64)


def test_an_adapter_whose_numbers_overflow_is_an_outcome_and_harms_no_other(tiny_base, tmp_path):
    model = new_adapter(tiny_base, LoraSettings(rank=2, alpha=4, dropout=0.0), seed=1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.fill_(3e38)
    save_adapter(model, tmp_path / "adapter")
    requests = [
        CheckpointRequest(Checkpoint("base/tiny", 0), None, tmp_path / "base.jsonl"),
        CheckpointRequest(Checkpoint("a/seed-0", 1), tmp_path / "adapter", tmp_path / "a.jsonl"),
    ]
    list(
        decode(
            requests,
            tiny_base,
            benchmark=BENCHMARK,
            predict=PredictSettings(max_new_tokens=6),
        )
    )
    reasons = [[c.finish_reason for c in read_completions(r.samples)] for r in requests]
    assert reasons[1] == ["error"] * 3
    assert "error" not in reasons[0]
    with Cage() as cage:
        scores = list(score_completions(BENCHMARK, read_completions(requests[1].samples), cage))
    assert {score.outcome for score in scores} == {"decoding_error"}


def test_an_adapter_of_another_base_is_refused_with_both_names(tiny_base, tmp_path, make_adapter):
    adapter = make_adapter(3)
    config = adapter / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**values, "base_model_name_or_path": "other/llama"}))
    request = CheckpointRequest(Checkpoint("a/seed-0", 1), adapter, tmp_path / "a.jsonl")
    with pytest.raises(ModelError, match="another base") as raised:
        list(
            decode(
                [request],
                tiny_base,
                benchmark=BENCHMARK,
                predict=PredictSettings(max_new_tokens=6),
            )
        )
    assert "other/llama" in str(raised.value)
    assert read_completions(request.samples) == []
