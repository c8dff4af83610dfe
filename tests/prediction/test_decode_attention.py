"""One new token a row attends the same whether its heads are grouped or not."""

import pytest
import torch
from transformers import DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from kiyas.models import load_base
from kiyas.prediction.decode_attention import _attend, takes_layout, use_grouped_attention
from kiyas.prediction.product_rows import RowRange
from kiyas.prediction.step_layout import lay_out
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


def attention(lengths, num_guesses, num_tokens, num_rows=9):
    """Return queries, keys, values, mask and layout of a step; columns of no row are garbage."""
    torch.manual_seed(0)
    query = torch.randn(num_rows, 2, num_tokens, 2, 8)  # by row, key head, token, head of a group
    layout = lay_out(lengths, num_guesses, num_tokens, "cpu", RowRange(4, 128).pad)
    slots, columns = layout.num_slots, layout.num_columns
    keys, values = torch.randn(2, num_rows, 2, 800, 8)[:, :slots, :, :columns]
    mask = torch.zeros(slots, 1, num_tokens, columns)
    hidden = torch.arange(columns) > layout.positions[:, :, None]
    mask.masked_fill_(hidden[:, None], torch.finfo(torch.float32).min)
    flat = query[layout.slots, :, layout.offsets].reshape(len(layout.slots), 4, 1, 8)
    return (flat, keys, values, mask), layout


def layer():
    module = torch.nn.Module()
    module.num_key_value_groups = 2
    return module


def test_rows_in_groups_of_like_length_attend_as_all_together():
    tensors, layout = attention([700, 690, 300, 40, 37, 3, 2, 1], [0] * 8, 1)
    assert len(layout.groups) > 1
    whole, _ = _attend(layer(), *tensors)
    parts, _ = _attend(layer(), *tensors, token_layout=layout)
    # What is masked adds nothing but zeros, at the end of each sum.
    assert torch.equal(whole, parts)
    expected = sdpa_attention_forward(layer(), *tensors)[0]
    assert torch.allclose(whole, expected, atol=1e-6)


def test_a_token_behind_guesses_attends_as_one_without():
    lengths, num_guesses = [690, 300, 40, 37, 3], [3, 0, 2, 1, 0]
    tensors, layout = attention(lengths, num_guesses, 4)
    found, _ = _attend(layer(), *tensors, token_layout=layout)
    query, keys, values, mask = tensors
    for token, (slot, offset) in enumerate(zip(layout.slots, layout.offsets, strict=True)):
        end = slot + 1
        alone = mask[slot:end, :, offset : offset + 1]
        expected = sdpa_attention_forward(
            layer(), query[token : token + 1], keys[slot:end], values[slot:end], alone
        )[0]
        assert torch.allclose(found[token], expected[0], atol=1e-6)


def test_guesses_are_refused_where_a_model_asks_for_more_than_plain_attention():
    tensors, layout = attention([5, 4], [1, 0], 4)
    with pytest.raises(ValueError, match="plain attention"):
        _attend(layer(), *tensors, token_layout=layout, softcap=30.0)


def test_a_model_of_stock_attention_is_not_handed_groups(base):
    assert not takes_layout(base.model)
    undo = use_grouped_attention(base.model)
    assert takes_layout(base.model)
    undo()
    assert not takes_layout(base.model)
