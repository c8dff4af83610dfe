"""One new token a row attends the same whether its heads are grouped or not."""

import pytest
import torch
from transformers import DynamicCache

from kiyas.models import load_base
from kiyas.prediction.decode_attention import use_grouped_attention
from kiyas.prediction.transformers_engine import TransformersEngine


@pytest.fixture
def base(tiny_folder):
    # Four query heads on two key heads, in the precision in which heads are grouped.
    return load_base(str(tiny_folder), dtype="bfloat16", device="cpu")


@torch.inference_mode()
def next_logits(model):
    """Return the logits of one token a row behind four, of which the second row sees two."""
    ids = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])
    states = DynamicCache()
    model(input_ids=ids[:, :4], past_key_values=states, use_cache=True)
    mask = torch.zeros(2, 1, 1, 5, dtype=torch.bfloat16)
    mask[1, :, :, 2:4] = torch.finfo(torch.bfloat16).min
    positions = torch.tensor([[4], [4]])
    output = model(
        input_ids=ids[:, 4:], attention_mask=mask, position_ids=positions, past_key_values=states
    )
    return output.logits[:, -1].float()


def test_grouped_heads_change_nothing_but_rounding(base, monkeypatch):
    expected = next_logits(base.model)
    undo = use_grouped_attention(base.model)
    calls = []
    real = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        "kiyas.prediction.decode_attention.scaled_dot_product_attention",
        lambda *tensors, **options: calls.append(tensors[0].shape) or real(*tensors, **options),
    )
    found = next_logits(base.model)
    undo()
    # Two layers, the prefill left to transformers: two heads of eight on each of two key heads.
    assert calls == [(2, 2, 2, 8)] * 2
    # Three decimal digits of bfloat16, over a few sums.
    assert torch.linalg.norm(found - expected) <= 1e-2 * torch.linalg.norm(expected)


def test_a_closed_engine_leaves_the_base_as_it_was(base):
    before = base.model.config._attn_implementation
    engine = TransformersEngine(base)
    assert base.model.config._attn_implementation != before
    engine.close()
    assert base.model.config._attn_implementation == before
