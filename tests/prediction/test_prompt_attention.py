"""Prompts in one row attend as each does alone; expected values are torch's for one prompt."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from kiyas.prediction.prompt_attention import PromptLayout, attend_prompts


def test_positions_begin_anew_behind_the_shared_beginning():
    layout = PromptLayout(num_common=32, lengths=(3, 2))
    assert layout.positions("cpu").tolist() == [[32, 33, 34, 32, 33]]


def test_states_are_cut_into_whole_prompts():
    states = torch.arange(7.0).view(1, 1, 7, 1)
    whole = list(PromptLayout(num_common=2, lengths=(4, 1)).cut(states))
    assert [one.flatten().tolist() for one in whole] == [[0, 1, 2, 3, 4, 5], [0, 1, 6]]


@pytest.mark.parametrize("num_common", [0, 32])
def test_each_prompt_attends_to_its_own_tokens_and_the_beginning(num_common):
    lengths, generator = (5, 12, 4), torch.Generator().manual_seed(0)
    query = torch.randn(1, 6, sum(lengths), 8, generator=generator)
    key, value = torch.randn(2, 1, 2, num_common + sum(lengths), 8, generator=generator)
    found = attend_prompts(query, key, value, PromptLayout(num_common, lengths), scale=0.5)
    start = 0
    for length in lengths:
        tokens = [*range(num_common), *range(num_common + start, num_common + start + length)]
        padding = torch.zeros(1, 6, num_common, 8)
        alone = scaled_dot_product_attention(
            torch.cat((padding, query[:, :, start : start + length]), dim=2),
            key[:, :, tokens].repeat_interleave(3, dim=1),
            value[:, :, tokens].repeat_interleave(3, dim=1),
            is_causal=True,
            scale=0.5,
        )[:, :, num_common:]
        torch.testing.assert_close(found[:, start : start + length], alone.transpose(1, 2))
        start += length
