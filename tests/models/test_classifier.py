"""Fresh layers are trained, saved and reloaded, and the pad token is one."""

import json

import numpy as np
import pytest
import torch
from tiny_base import save_tiny_base, save_tiny_gpt2_base
from tiny_classifiers import save_tiny_encoder, save_tiny_two_layer_head, topic_texts

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError, TrainingError
from kiyas.models.classifier import load_classifier
from kiyas.models.classifier_adapters import (
    add_adapter,
    load_adapter,
    merge_adapter,
    save_adapter,
)
from kiyas.models.classifier_inputs import compute_logits, encode_texts
from kiyas.models.source import locate_base

LORA = LoraSettings(rank=4, alpha=8, target_modules="all-linear", dropout=0.0)
MAKERS = {
    "decoder": save_tiny_base,
    "encoder": save_tiny_encoder,
    "two-layer head": save_tiny_two_layer_head,
}


@pytest.fixture(scope="module", params=sorted(MAKERS))
def base(request, tmp_path_factory):
    folder = MAKERS[request.param](tmp_path_factory.mktemp("base"))
    return locate_base(str(folder))


def load(base, **keys):
    return load_classifier(base, 3, dtype="float32", device="cpu", **keys)


def logits_of(classifier):
    encoded = encode_texts(classifier, topic_texts("test", 6, 3).texts, 64)
    return compute_logits(classifier, encoded, 4096)


def shake(classifier):
    """Give every trained weight a value that no other seed would."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in classifier.model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return classifier


def test_what_is_saved_predicts_the_same_on_a_base_whose_head_is_another(base, tmp_path):
    trained = shake(add_adapter(load(base, seed=1), LORA, seed=2))
    save_adapter(trained, tmp_path / "adapter")
    saved = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["target_modules"] == sorted(saved["target_modules"])
    reloaded = load_adapter(load(base, seed=99), tmp_path / "adapter")
    np.testing.assert_allclose(logits_of(reloaded), logits_of(trained), atol=1e-5)


def test_every_layer_that_the_files_lack_is_trained(base):
    bare = load(base)
    classifier = add_adapter(bare, LORA, seed=0)
    trainable = {n for n, p in classifier.model.named_parameters() if p.requires_grad}
    for fresh in bare.fresh_modules:
        assert any(f"{fresh}.modules_to_save" in name for name in trainable)


def test_a_head_of_two_layers_is_one_fresh_module(tmp_path):
    base = locate_base(str(save_tiny_two_layer_head(tmp_path / "base")))
    assert load(base).fresh_modules == ("classifier",)


def test_a_fresh_layer_that_peft_does_not_know_by_name_is_saved_too(tmp_path):
    # DeBERTa's pooler is fresh besides its classifier (peft issue 2171).
    from tiny_base import tiny_tokenizer
    from transformers import DebertaV2Config, DebertaV2Model

    config = DebertaV2Config(
        vocab_size=260,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=128,
    )
    DebertaV2Model(config).save_pretrained(tmp_path / "base")
    tiny_tokenizer(None).save_pretrained(tmp_path / "base")
    base = locate_base(str(tmp_path / "base"))
    trained = shake(add_adapter(load(base, seed=1), LORA, seed=2))
    assert trained.fresh_modules == ("classifier", "pooler")
    save_adapter(trained, tmp_path / "adapter")
    reloaded = load_adapter(load(base, seed=99), tmp_path / "adapter")
    np.testing.assert_allclose(logits_of(reloaded), logits_of(trained), atol=1e-5)


def test_an_adapter_that_lacks_a_fresh_layer_is_refused(tmp_path):
    base = locate_base(str(save_tiny_encoder(tmp_path / "base")))
    save_adapter(add_adapter(load(base), LORA, seed=2), tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(
        json.dumps({**config, "modules_to_save": None, "task_type": None}), encoding="utf-8"
    )
    with pytest.raises(ModelError, match="lacks layers"):
        load_adapter(load(base), tmp_path / "adapter")


def test_model_and_tokenizer_agree_on_the_pad_token(base):
    classifier = load(base)
    assert classifier.model.config.pad_token_id == classifier.tokenizer.pad_token_id


def test_a_base_without_a_pad_token_is_told(tmp_path):
    base = locate_base(str(save_tiny_base(tmp_path / "base")))
    [warning] = load(base).warnings
    assert "no pad token" in warning
    assert "<|text_end|>" in warning


def test_the_fresh_head_follows_the_seed(base):
    assert np.array_equal(logits_of(load(base, seed=1)), logits_of(load(base, seed=1)))
    assert not np.array_equal(logits_of(load(base, seed=1)), logits_of(load(base, seed=2)))


def test_merging_changes_no_prediction(base):
    trained = shake(add_adapter(load(base, seed=1), LORA, seed=2))
    expected = logits_of(trained)
    np.testing.assert_allclose(logits_of(merge_adapter(trained)), expected, atol=1e-3, rtol=1e-4)


def test_a_target_that_is_no_layer_is_refused(base):
    lora = LORA.model_copy(update={"target_modules": ["no_such_layer"]})
    with pytest.raises(TrainingError, match="no linear layer"):
        add_adapter(load(base), lora, seed=0)


def test_the_linear_layers_of_gpt2_can_be_named_as_targets(tmp_path):
    lora = LORA.model_copy(update={"target_modules": ["c_attn"]})
    base = locate_base(str(save_tiny_gpt2_base(tmp_path)))
    trained = shake(add_adapter(load(base), lora, seed=0))
    assert not np.allclose(logits_of(trained), logits_of(load(base)))


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "no-such-model"}', encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be loaded as a sequence classifier"):
        load(locate_base(str(tmp_path)))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_torn_file_of_weights_is_refused(tmp_path, share):
    weights = save_tiny_encoder(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: int(share * weights.stat().st_size)])
    with pytest.raises(ModelError, match="cannot be loaded as a sequence classifier"):
        load(locate_base(str(tmp_path)))
