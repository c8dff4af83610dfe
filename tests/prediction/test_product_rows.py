"""Within a range of rows a product gives each row the same bits; expected values are its own."""

import pytest
import torch
from torch.nn import functional

from kiyas.prediction.product_rows import RowRange, choose_rows, find_ranges

SHAPES = {(48, 96), (320, 64)}
TRIED = (4, 8, 16, 32, 40, 64, 128)


def added_in_order(rows, weight):
    product = torch.zeros(len(rows), len(weight))
    for column in range(rows.shape[1]):
        product += rows[:, column, None] * weight[:, column]
    return product


def test_a_product_is_filled_up_to_the_fewest_rows_and_then_by_the_four():
    rows = RowRange(fewest=40, most=160)
    assert [rows.pad(number) for number in (1, 40, 41, 44, 159)] == [40, 40, 44, 44, 160]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_of_one_range_have_the_same_bits_on_each_number_of_threads(dtype):
    before = torch.get_num_threads()
    ranges = find_ranges(SHAPES, dtype, (1, before), TRIED)
    assert all(one.fewest <= one.most for one in ranges)
    generator = torch.Generator().manual_seed(1)
    for num_outputs, num_inputs in SHAPES:
        weight = torch.randn(num_outputs, num_inputs, generator=generator).to(dtype)
        rows = torch.randn(128, num_inputs, generator=generator).to(dtype)
        for one in ranges:
            whole = functional.linear(rows[: one.most], weight)
            for number in (n for n in TRIED if one.fewest <= n <= one.most):
                torch.set_num_threads(1)
                product = functional.linear(rows[:number], weight)
                torch.set_num_threads(before)
                assert torch.equal(product, whole[:number])


def test_paths_that_add_up_in_another_order_are_told_apart(monkeypatch):
    def linear(rows, weight):
        # Few rows are added up from the other end.
        if len(rows) < 16:
            rows, weight = rows.flip(1), weight.flip(1)
        return added_in_order(rows, weight)

    monkeypatch.setattr(functional, "linear", linear)
    ranges = find_ranges({(8, 64)}, torch.float32, (1,), (4, 8, 12, 16, 64))
    assert ranges == [RowRange(4, 12), RowRange(16, 64)]


def test_numbers_of_rows_that_threads_disagree_on_are_in_no_range(monkeypatch):
    def linear(rows, weight):
        if 16 <= len(rows) < 64 and torch.get_num_threads() > 1:
            rows, weight = rows.flip(1), weight.flip(1)
        return added_in_order(rows, weight)

    monkeypatch.setattr(functional, "linear", linear)
    ranges = find_ranges({(8, 64)}, torch.float32, (1, 2), (4, 8, 16, 32, 64, 128))
    assert ranges == [RowRange(4, 8), RowRange(64, 128)]
    assert find_ranges({(8, 64)}, torch.float32, (1,), (4, 128)) == [RowRange(4, 128)]


def test_threads_are_as_they_were_afterwards(tiny_base):
    before = torch.get_num_threads()
    choose_rows(tiny_base.model, (1, 2))
    assert torch.get_num_threads() == before
