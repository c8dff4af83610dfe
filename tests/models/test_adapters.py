import json

import pytest
import torch
from tiny_base import save_tiny_gpt2_base

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError, TrainingError
from kiyas.models import load_adapter, load_base, new_adapter, save_adapter

PROBE = torch.tensor([[1, 2, 3, 4, 5]])
LORA = LoraSettings(rank=4, alpha=8, dropout=0.0)


@torch.inference_mode()
def logits_of(model):
    return model(PROBE).logits


def changed(base, lora=LORA):
    """Return the base with an adapter whose product is not zero."""
    model = new_adapter(base, lora, seed=1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.1)
    return model.eval()


def test_a_fresh_adapter_changes_nothing(tiny_base):
    model = new_adapter(tiny_base, LORA, seed=1).eval()
    assert torch.equal(logits_of(model), logits_of(tiny_base.model))


def test_the_base_stays_bare_under_its_adapters(tiny_base):
    before = logits_of(tiny_base.model)
    model = changed(tiny_base)
    assert not torch.equal(logits_of(model), before)
    assert torch.equal(logits_of(tiny_base.model), before)


def test_an_adapter_shares_the_weights_of_its_base(tiny_base):
    addresses = {weight.data_ptr() for weight in tiny_base.model.parameters()}
    model = new_adapter(tiny_base, LORA, seed=1)
    frozen = [weight for weight in model.parameters() if not weight.requires_grad]
    assert {weight.data_ptr() for weight in frozen} == addresses


def test_an_adapter_is_float32_on_a_bfloat16_base(tiny_folder):
    base = load_base(str(tiny_folder), dtype="bfloat16", device="cpu")
    model = new_adapter(base, LORA, seed=1)
    assert {w.dtype for w in model.parameters() if w.requires_grad} == {torch.float32}


def test_the_seed_alone_decides_how_an_adapter_starts(tiny_base):
    def start(seed):
        state = torch.random.get_rng_state()
        model = new_adapter(tiny_base, LORA, seed=seed)
        assert torch.equal(state, torch.random.get_rng_state())
        return torch.cat([w.flatten() for w in model.parameters() if w.requires_grad])

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))


@pytest.mark.parametrize(
    "lora",
    [
        LORA,
        LORA.model_copy(update={"use_rslora": True}),
        LORA.model_copy(update={"use_dora": True}),
        LORA.model_copy(update={"target_modules": "all-linear"}),
    ],
    ids=["lora", "rslora", "dora", "all-linear"],
)
def test_a_saved_adapter_gives_the_same_logits_when_loaded(tiny_base, tmp_path, lora):
    model = changed(tiny_base, lora)
    save_adapter(model, tmp_path)
    assert torch.equal(logits_of(load_adapter(tiny_base, tmp_path)), logits_of(model))


def test_a_saved_adapter_names_its_targets_in_order_so_that_its_files_are_the_same(
    tiny_base, tmp_path
):
    lora = LORA.model_copy(update={"target_modules": "all-linear"})
    save_adapter(new_adapter(tiny_base, lora, seed=1), tmp_path)
    saved = json.loads((tmp_path / "adapter_config.json").read_text(encoding="utf-8"))
    assert len(saved["target_modules"]) == 14  # seven in each of two layers
    assert saved["target_modules"] == sorted(saved["target_modules"])


def test_two_adapters_on_one_base_do_not_mix(tiny_base, tmp_path):
    model = changed(tiny_base)
    save_adapter(model, tmp_path)
    first = load_adapter(tiny_base, tmp_path)
    load_adapter(tiny_base, tmp_path)
    assert torch.equal(logits_of(first), logits_of(model))


def test_target_modules_that_match_nothing_are_refused_by_name(tiny_base):
    lora = LoraSettings(target_modules=["q_proj", "query"])
    with pytest.raises(TrainingError, match="match no linear layer") as caught:
        new_adapter(tiny_base, lora, seed=1)
    assert "received: query" in str(caught.value)
    assert "q_proj" in str(caught.value.expected)


def test_the_linear_layers_of_gpt2_can_be_named_as_targets(tmp_path):
    base = load_base(str(save_tiny_gpt2_base(tmp_path)), dtype="float32", device="cpu")
    model = new_adapter(base, LoraSettings(target_modules=["c_attn"]), seed=1)
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(trained) == 2 * 2  # two matrices a block
    assert all(".c_attn." in name for name in trained)


def test_a_folder_without_an_adapter_is_refused(tiny_base, tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_adapter(tiny_base, tmp_path)


def test_a_torn_adapter_is_refused(tiny_base, tmp_path):
    save_adapter(changed(tiny_base), tmp_path)
    weights = tmp_path / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_adapter(tiny_base, tmp_path)
