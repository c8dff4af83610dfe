"""The kernels for the CPU compute what PEFT and torch compute."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from transformers import GraniteConfig, GraniteForCausalLM

from kiyas.config.schema import LoraSettings
from kiyas.models import new_adapter
from kiyas.training.kernels import DropoutMasks, find_head, fuse_adapters, use_causal_attention
from kiyas.training.kernels.attention import _attend

LORA = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=["q_proj", "v_proj", "down_proj"])
IDS = torch.arange(40).view(2, 20) % 250


def gradients(model, loss):
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.autograd.grad(loss, trained)


def adapted(tiny_base, **changes):
    model = new_adapter(tiny_base, LORA.model_copy(update=changes), seed=1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero at the start, which would hide a wrong product
            torch.nn.init.normal_(weight, std=0.1)
    return model.train()


def test_fused_adapters_give_the_loss_and_the_gradients_of_peft(tiny_base):
    torch.manual_seed(0)
    model = adapted(tiny_base)
    loss = model(input_ids=IDS, labels=IDS).loss
    expected = gradients(model, loss)
    fuse_adapters(model, DropoutMasks())
    fused = model(input_ids=IDS, labels=IDS).loss
    torch.testing.assert_close(fused, loss)
    torch.testing.assert_close(gradients(model, fused), expected)


def test_fused_adapters_drop_out_as_their_seed_says(tiny_base):
    model, masks = adapted(tiny_base, dropout=0.5), DropoutMasks()
    fuse_adapters(model, masks)
    losses = []
    for seed in (1, 1, 2):
        masks.begin(seed)
        losses.append(model(input_ids=IDS, labels=IDS).loss.item())
    assert losses[0] == losses[1] != losses[2]


def test_dropout_keeps_what_it_drops_in_expectation():
    masks = DropoutMasks()
    masks.begin(7)
    kept = masks.draw(torch.Size((1000, 1000)), 0.1)
    # A million draws: four standard errors of a share of 0.9 are 0.0012.
    assert abs(kept.double().mean().item() - 0.9) < 0.0012


def test_what_is_evaluated_is_left_to_peft(tiny_base):
    model = adapted(tiny_base, dropout=0.5)
    before = model.eval()(input_ids=IDS).logits
    fuse_adapters(model, DropoutMasks())
    use_causal_attention(model.get_base_model())
    assert torch.equal(model(input_ids=IDS).logits, before)


@pytest.mark.parametrize(("heads", "key_heads"), [(4, 4), (6, 2), (3, 1)])
def test_causal_attention_is_that_of_torch(heads, key_heads):
    torch.manual_seed(0)
    query, key, value = (
        torch.randn(2, count, 33, 16, requires_grad=True) for count in (heads, key_heads, key_heads)
    )
    module = torch.nn.Module().train()
    module.num_key_value_groups = heads // key_heads
    attended, _ = _attend(module, query, key, value, None, scaling=0.2, dropout=0.0)
    expected = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.2, enable_gqa=True
    ).transpose(1, 2)
    torch.testing.assert_close(attended, expected)
    weights = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad((attended * weights).sum(), (query, key, value)),
        torch.autograd.grad((expected * weights).sum(), (query, key, value)),
    )


def test_attention_with_a_mask_is_left_to_torch():
    torch.manual_seed(0)
    states = torch.randn(1, 2, 5, 8, requires_grad=True)
    mask = torch.zeros(1, 1, 5, 5).masked_fill(torch.eye(5, dtype=torch.bool), -torch.inf)
    attended, _ = _attend(torch.nn.Module().train(), states, states, states, mask, scaling=1.0)
    expected = functional.scaled_dot_product_attention(states, states, states, mask, scale=1.0)
    torch.testing.assert_close(attended, expected.transpose(1, 2))


def test_the_head_gives_the_loss_and_the_gradient_of_cross_entropy(tiny_base):
    torch.manual_seed(0)
    model = new_adapter(tiny_base, LORA, seed=1).eval()
    head = find_head(model, IDS[:1])
    assert head is not None
    width = head.head.in_features
    hidden = torch.randn(75, width, requires_grad=True)  # more rows than are taken at once
    targets = torch.randint(0, head.head.out_features, (75,))
    loss = head.summed_loss(hidden, targets)
    expected = functional.cross_entropy(head.head(hidden), targets, reduction="sum")
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(
        torch.autograd.grad(3 * loss, hidden), torch.autograd.grad(3 * expected, hidden)
    )


def test_a_model_that_scales_its_logits_keeps_its_own_head():
    config = GraniteConfig(
        vocab_size=259,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        logits_scaling=8.0,
    )
    model = GraniteForCausalLM(config).requires_grad_(False).eval()
    peft_like = torch.nn.Module()
    peft_like.get_base_model = lambda: model
    assert find_head(peft_like, IDS[:1]) is None
