"""One new token a row attends the same whether its heads are grouped or not."""

import pytest
import torch
from transformers import DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from kiyas.models import load_base
from kiyas.prediction.decode_attention import (
    _attend,
    group_rows,
    takes_groups,
    use_grouped_attention,
)
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


def test_rows_in_groups_of_like_length_attend_as_all_together():
    torch.manual_seed(0)
    lengths = [700, 690, 300, 40, 37, 3]
    query, keys = torch.randn(6, 4, 1, 8), torch.randn(6, 2, 704, 8)
    values, mask = torch.randn(6, 2, 704, 8), torch.zeros(6, 1, 1, 704)
    for row, length in enumerate(lengths):
        mask[row, :, :, length:] = torch.finfo(torch.float32).min
    groups = tuple(group_rows([-(-length // 16) * 16 for length in lengths]))
    # A group is opened where it spares the rest at least 256 columns in all.
    assert groups == ((0, 2, 704), (2, 3, 304), (3, 6, 48))
    layer = torch.nn.Module()
    layer.num_key_value_groups = 2
    whole, _ = _attend(layer, query, keys, values, mask)
    parts, _ = _attend(layer, query, keys, values, mask, groups)
    # What is masked adds nothing but zeros, at the end of each sum.
    assert torch.equal(whole, parts)
    expected = sdpa_attention_forward(layer, query, keys, values, mask)[0]
    assert torch.allclose(whole, expected, atol=1e-6)


def test_rows_of_one_length_are_one_group():
    assert list(group_rows([48] * 30)) == [(0, 30, 48)]
    assert list(group_rows([16])) == [(0, 1, 16)]


def test_a_model_of_stock_attention_is_not_handed_groups(base):
    assert not takes_groups(base.model)
    undo = use_grouped_attention(base.model)
    assert takes_groups(base.model)
    undo()
    assert not takes_groups(base.model)
