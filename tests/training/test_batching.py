import pytest

from kiyas.training.batching import cut_into_micro_batches

LENGTHS = [[7, 3, 9, 3, 5], [1] * 10, [100, 1, 1], [8], [4, 4, 4, 4, 4]]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_every_row_is_in_exactly_one_micro_batch(lengths):
    groups = cut_into_micro_batches(lengths, token_budget=12)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))


@pytest.mark.parametrize("lengths", LENGTHS)
def test_only_a_row_that_is_alone_exceeds_the_budget(lengths):
    for group in cut_into_micro_batches(lengths, token_budget=12):
        assert len(group) == 1 or max(lengths[index] for index in group) * len(group) <= 12


def test_rows_of_like_length_come_together():
    # By hand: 9 alone (two rows padded to 9 are 18 > 16), then 7 and 5, then the two of 3.
    groups = cut_into_micro_batches([7, 3, 9, 3, 5], token_budget=16)
    assert groups == [[2], [0, 4], [1, 3]]
