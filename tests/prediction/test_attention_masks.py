"""Kinds of attention: each decodes as stock generate does, or is refused."""

import dataclasses

import pytest
import torch
from tiny_base import SHAPE
from transformers import AutoConfig, AutoModelForCausalLM

from kiyas.errors import ModelError
from kiyas.models import Base
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.transformers_engine import TransformersEngine

SIZES = {
    **SHAPE,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "eos_token_id": None,
    "pad_token_id": None,
}
GPT2 = {"vocab_size": 259, "n_embd": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.2}
KINDS = {
    "qwen2": SIZES,
    "qwen3": SIZES,
    "mistral": {**SIZES, "sliding_window": 6},
    "gemma2": {**SIZES, "sliding_window": 6},
    "gemma3_text": {**SIZES, "sliding_window": 6},
    "gpt2": {**GPT2, "bos_token_id": None, "eos_token_id": None},
    "gpt_neox": SIZES,
    "phi3": {**SIZES, "sliding_window": None},
}
PROMPTS = [tuple(range(start, start + length)) for start, length in ((3, 20), (60, 4), (9, 1))]
COMMON = tuple(range(100, 140))


def base_of(kind, tiny_base, **sizes):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **sizes)).eval()
    model.requires_grad_(False)
    return dataclasses.replace(tiny_base, model=model, name=kind)


def decode(base: Base, prompts=PROMPTS):
    settings = DecodingSettings(max_new_tokens=12, end_token_ids=frozenset())
    rows = [Row(index, prompt, None, 0) for index, prompt in enumerate(prompts)]
    answers = TransformersEngine(base, batch_size=2).decode(rows, settings)
    return [answer.token_ids for answer in sorted(answers, key=lambda answer: answer.index)]


@pytest.mark.parametrize("common", [(), COMMON], ids=["apart", "one beginning"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_attention_decodes_as_stock_generate_does(kind, common, tiny_base):
    base = base_of(kind, tiny_base, **KINDS[kind])
    prompts = [(*common, *prompt) for prompt in PROMPTS]
    prompts += prompts[:1]  # once more: guessed from the first, where attention lets it
    expected = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        output = base.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12
        )
        expected.append(tuple(output[0, len(prompt) :].tolist()))
    assert decode(base, prompts) == expected


def test_a_recurrent_model_is_refused(tiny_base):
    base = base_of("mamba", tiny_base, vocab_size=259, hidden_size=32, num_hidden_layers=2)
    with pytest.raises(ModelError, match="cannot be decoded"):
        decode(base)


def test_a_model_that_takes_its_positions_from_the_mask_is_refused(tiny_base):
    # BLOOM's ALiBi counts the ones of a mask of two dimensions.
    base = base_of("bloom", tiny_base, vocab_size=259, hidden_size=32, n_layer=2, n_head=4)
    with pytest.raises(ModelError, match="cannot be decoded"):
        decode(base)
