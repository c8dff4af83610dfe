"""Batches are those of the seed; how they are split into passes changes no row of them."""

import itertools

import numpy as np
import pytest

from kiyas.training.classifier_batches import (
    PASS_OVERHEAD_TOKENS,
    shuffle_batches,
    split_batch,
)


def cost(passes, lengths):
    return sum(len(rows) * lengths[rows].max() + PASS_OVERHEAD_TOKENS for rows in passes)


def test_an_epoch_holds_every_row_once():
    batches = shuffle_batches(23, 5, seed=3, epoch=2)
    assert sorted(np.concatenate(batches).tolist()) == list(range(23))
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]


def test_the_order_depends_on_seed_and_epoch_alone():
    first = np.concatenate(shuffle_batches(50, 8, seed=3, epoch=2)).tolist()
    assert first == np.concatenate(shuffle_batches(50, 8, seed=3, epoch=2)).tolist()
    assert first != np.concatenate(shuffle_batches(50, 8, seed=3, epoch=3)).tolist()
    assert first != np.concatenate(shuffle_batches(50, 8, seed=4, epoch=2)).tolist()


def test_the_passes_of_a_batch_hold_its_rows_once_and_keep_to_the_limit():
    lengths = np.random.default_rng(0).integers(4, 400, size=200)
    rows = np.arange(40, 104)
    passes = split_batch(rows, lengths, 600)
    assert sorted(np.concatenate(passes).tolist()) == rows.tolist()
    assert all(len(part) == 1 or len(part) * lengths[part].max() <= 600 for part in passes)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_split_of_the_sorted_rows_costs_less(seed):
    # Brute force over all 2^7 ways to cut eight rows sorted by length.
    lengths = np.random.default_rng(seed).integers(5, 200, size=8)
    ordered = np.argsort(-lengths, kind="stable")
    ways = [
        np.split(ordered, [i + 1 for i, cut in enumerate(cuts) if cut])
        for cuts in itertools.product([False, True], repeat=7)
    ]
    found = cost(split_batch(np.arange(8), lengths, 10_000), lengths)
    assert found == min(cost(way, lengths) for way in ways)
