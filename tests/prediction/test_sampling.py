import random
from collections import Counter

import pytest
import torch

from kiyas.prediction.engines import DecodingSettings
from kiyas.prediction.sampling import Draws, choose_tokens

PROBABILITIES = [0.5, 0.3, 0.15, 0.05]


def settings(temperature, top_p=1.0):
    return DecodingSettings(8, frozenset(), temperature=temperature, top_p=top_p)


def shares(temperature, top_p=1.0, num_draws=20_000):
    logits = torch.tensor([PROBABILITIES]).log().repeat(num_draws, 1)
    draws = [random.Random(seed).random() for seed in range(num_draws)]
    tokens, usable = choose_tokens(logits, settings(temperature, top_p), draws)
    assert all(usable)
    counts = Counter(tokens)
    return [counts[token] / num_draws for token in range(4)]


def test_temperature_one_draws_the_models_probabilities():
    # Four standard errors at 20,000 draws: 4 * sqrt(0.25 / 20000) = 0.014.
    assert shares(1.0) == pytest.approx(PROBABILITIES, abs=0.014)


def test_a_temperature_sharpens_as_its_formula_says():
    # p_i ** (1 / 0.5) / sum, by hand: 0.25, 0.09, 0.0225, 0.0025 over 0.365.
    expected = [0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365]
    assert shares(0.5) == pytest.approx(expected, abs=0.014)


def test_a_nucleus_keeps_the_smallest_set_that_holds_its_share():
    # 0.5 < 0.6 <= 0.5 + 0.3: two tokens stay, with 5/8 and 3/8.
    assert shares(1.0, top_p=0.6) == pytest.approx([5 / 8, 3 / 8, 0, 0], abs=0.014)


def test_a_tiny_nucleus_is_the_best_token():
    assert shares(1.0, top_p=1e-6, num_draws=50) == [1, 0, 0, 0]


def test_temperature_zero_takes_the_best_token():
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 1.0, 0.0]])
    assert choose_tokens(logits, settings(0.0), []) == ([1, 0], [True, True])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_told_row_by_row(temperature, bad):
    logits = torch.tensor([[0.0, bad, 1.0], [2.0, 1.0, 0.0]])
    assert choose_tokens(logits, settings(temperature), [0.5, 0.5])[1] == [False, True]


def test_numbers_looked_at_are_drawn_once_and_used_in_their_order():
    stream = random.Random(7)
    expected = [stream.random() for _ in range(5)]
    draws = Draws(7)
    assert draws.look_ahead(3) == expected[:3]
    draws.use()
    assert draws.look_ahead(2) == expected[1:3]
    draws.use()
    draws.use()
    draws.use()  # one that nobody looked at
    assert draws.look_ahead(1) == expected[4:]
