import torch

from kiyas.prediction.product_rows import RowRange
from kiyas.prediction.step_layout import group_rows, lay_out, long_first

FOURS = RowRange(4, 128).pad


def test_tokens_stand_row_by_row_and_are_filled_up_to_a_multiple_of_four():
    layout = lay_out([20, 3], [2, 1], num_tokens=4, device="cpu", pad=FOURS)
    # Three tokens of the first row, two of the second, three that nobody reads in a slot of their
    # own, so that they write over nothing.
    assert layout.slots.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert layout.offsets.tolist() == [0, 1, 2, 0, 1, 0, 1, 2]
    assert layout.token_positions.tolist() == [20, 21, 22, 3, 4, 0, 1, 2]
    assert (layout.num_slots, layout.num_tokens) == (3, 4)
    assert layout.num_columns == 32  # 23, by the sixteen
    assert torch.equal(layout.positions[0], torch.tensor([20, 21, 22, 23]))


def test_without_guesses_there_is_a_token_a_slot():
    layout = lay_out([7, 7, 7, 7], [0, 0, 0, 0], num_tokens=1, device="cpu", pad=FOURS)
    assert layout.slots.tolist() == [0, 1, 2, 3]
    assert layout.positions.tolist() == [[7]] * 4
    assert layout.groups == ((0, 4, 16),)


def test_a_step_is_filled_up_to_as_many_tokens_as_its_products_need():
    layout = lay_out([7, 7], [0, 0], num_tokens=1, device="cpu", pad=RowRange(8, 128).pad)
    assert layout.slots.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    layout = lay_out([7, 7], [0, 3], num_tokens=4, device="cpu", pad=RowRange(16, 128).pad)
    assert layout.slots.tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4]
    assert layout.num_columns == 16


def test_long_rows_come_first_and_rows_of_like_length_keep_their_slots():
    assert long_first([400, 70, 300, 390, 20]) == [0, 3, 2, 1, 4]
    assert long_first([70, 66, 100, 127]) == [0, 1, 2, 3]
    assert long_first([]) == []


def test_a_group_is_opened_where_it_spares_the_rest_at_least_256_columns():
    assert list(group_rows([704, 704, 304, 48, 48, 16])) == [(0, 2, 704), (2, 3, 304), (3, 6, 48)]


def test_rows_of_one_length_are_one_group():
    assert list(group_rows([48] * 30)) == [(0, 30, 48)]
    assert list(group_rows([16])) == [(0, 1, 16)]
