"""How long a row may be is read off the config and the tables of positions."""

import pytest
from tiny_base import SHAPE
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    RobertaConfig,
    RobertaForCausalLM,
)

from kiyas.models.context import context_length

SMALL = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}


def llama(**rope):
    parameters = {"rope_theta": 10000.0, **rope} if rope else None
    return LlamaForCausalLM(LlamaConfig(**SHAPE, rope_parameters=parameters))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (llama, 512),
        (lambda: llama(rope_type="dynamic", factor=4.0), 2048),
        (lambda: llama(rope_type="linear", factor=4.0), 512),  # configs name the length after it
        (
            lambda: llama(rope_type="yarn", factor=4.0, original_max_position_embeddings=512),
            2048,
        ),
        (
            lambda: llama(rope_type="yarn", factor=4.0, original_max_position_embeddings=128),
            512,
        ),
        (
            lambda: GPT2LMHeadModel(
                GPT2Config(vocab_size=259, n_positions=45, n_embd=32, n_layer=1, n_head=4)
            ),
            45,
        ),
        # Positions are counted from behind the pad id, which is 1.
        (
            lambda: RobertaForCausalLM(
                RobertaConfig(**SMALL, intermediate_size=64, max_position_embeddings=66)
            ),
            64,
        ),
        (lambda: BloomForCausalLM(BloomConfig(**SMALL)), None),
    ],
)
def test_a_row_may_be_as_long_as_the_model_has_positions(make, expected):
    assert context_length(make()) == expected
