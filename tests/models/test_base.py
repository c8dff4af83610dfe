import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_base import save_tiny_base

from kiyas.errors import ModelError
from kiyas.models import choose_dtype, load_base, locate_base


def test_a_loaded_base_is_frozen_and_in_evaluation_mode(tiny_base):
    assert not any(weight.requires_grad for weight in tiny_base.model.parameters())
    assert not tiny_base.model.training


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_weights_have_the_precision_that_was_asked_for(tiny_folder, dtype):
    base = load_base(str(tiny_folder), dtype=dtype, device="cpu")
    assert {weight.dtype for weight in base.model.parameters()} == {getattr(torch, dtype)}


def test_the_automatic_precision_is_the_same_every_time():
    assert choose_dtype("cpu") == choose_dtype("cpu")


def test_weights_that_would_be_random_are_refused(tmp_path):
    folder = save_tiny_base(tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.self_attn.q_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="would be random") as caught:
        load_base(str(folder), dtype="float32")
    assert "q_proj" in str(caught.value)


def test_a_model_of_another_kind_is_refused(tmp_path):
    folder = save_tiny_base(tmp_path)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "no-such-kind", "architectures": ["NoSuchModel"]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded as a causal language model"):
        load_base(str(folder), dtype="float32")


def test_a_base_can_be_given_as_a_source_or_as_a_name(tiny_folder, tiny_base):
    from_source = load_base(locate_base(str(tiny_folder)), dtype="float32")
    assert from_source.fingerprint == tiny_base.fingerprint


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_torn_file_of_weights_is_refused(tmp_path, share):
    weights = save_tiny_base(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: int(share * weights.stat().st_size)])
    with pytest.raises(ModelError, match="cannot be loaded as a causal language model"):
        load_base(str(tmp_path), dtype="float32")
