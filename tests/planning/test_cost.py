"""The estimate of memory is near what autograd keeps, and falls with what saves memory."""

import json

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from kiyas.config.schema import LoraSettings, TrainSettings
from kiyas.models import read_shape
from kiyas.planning import cost
from kiyas.planning.cost import adapter_training_memory, training_seconds

# What PEFT still calls in transformers when it makes an adapter without kiyas.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")

CODER = "Qwen/Qwen2.5-Coder-1.5B-Instruct"
LORA = LoraSettings()
NUM_TOKENS = 128


def estimate(name, *, device="cuda", row_tokens=1024, **changes):
    train = TrainSettings(max_steps=1).model_copy(update=changes)
    return adapter_training_memory(read_shape(name), LORA, train, device, row_tokens)


@pytest.fixture
def two_bases(tmp_path):
    """Two folders of equal bases, the second with dropout of its own."""
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=2,
        num_attention_heads=4,
    ).to_dict()
    for name, share in (("plain", 0.0), ("dropout", 0.1)):
        (tmp_path / name).mkdir()
        text = json.dumps({**config, "attention_dropout": share})
        (tmp_path / name / "config.json").write_text(text, encoding="utf-8")
    return str(tmp_path / "plain"), str(tmp_path / "dropout")


@pytest.mark.parametrize("num_lanes", [1, 2])
def test_a_base_with_dropout_of_its_own_is_planned_in_one_lane(two_bases, monkeypatch, num_lanes):
    monkeypatch.setattr(cost, "count_lanes", lambda: num_lanes)
    plain, dropout = (read_shape(name) for name in two_bases)
    seconds = [training_seconds(shape, 10**6, 10**3, 1e9) for shape in (plain, dropout)]
    memory = [estimate(name, device="cpu") for name in two_bases]
    # docs/log.md, 2026-11-22: a step of two lanes took 23 processor seconds, one of one lane 31.
    assert seconds[1] / seconds[0] == pytest.approx(1 if num_lanes == 1 else 31 / 23)
    assert (memory[1] < memory[0]) == (num_lanes == 2)
    assert estimate(two_bases[0]) == estimate(two_bases[1])  # a GPU has one lane always


def test_the_estimate_of_a_token_is_near_what_autograd_keeps(tmp_path):
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    base = LlamaForCausalLM(config).requires_grad_(False)
    own = {weight.untyped_storage().data_ptr() for weight in base.parameters()}
    targets = LORA.target_modules
    adapter = LoraConfig(r=LORA.rank, lora_dropout=LORA.dropout, target_modules=targets)
    model = get_peft_model(base, adapter).train()
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.arange(NUM_TOKENS)[None] % 64
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        hidden = model.get_base_model().model(input_ids=ids, use_cache=False).last_hidden_state
    assert hidden.requires_grad
    # From one length of row to a longer one; logits take 12 bytes an entry in float32.
    more = 1 << 16
    grown = estimate(str(tmp_path), row_tokens=2 * more, dtype="float32") - estimate(
        str(tmp_path), row_tokens=more, dtype="float32"
    )
    a_token = grown / more - 12 * config.vocab_size
    assert a_token == pytest.approx(sum(kept.values()) / NUM_TOKENS, rel=0.35)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"gradient_checkpointing": True}, {}),
        ({"activation_offload": True}, {"gradient_checkpointing": True}),
        ({"quantization": "4bit"}, {}),
        ({"num_processes": 4, "shard_base": True}, {"num_processes": 4}),
        ({"dtype": "bfloat16"}, {"dtype": "float32"}),
    ],
)
def test_what_saves_memory_lowers_the_estimate(less, more):
    assert estimate(CODER, **less) < estimate(CODER, **more)


def test_a_frozen_base_of_bfloat16_counts_two_bytes_a_weight():
    # 1,543,714,304 weights in Qwen2.5-Coder-1.5B's files; an adapter and one micro-batch on top.
    assert estimate(CODER) > 2 * 1_543_714_304
