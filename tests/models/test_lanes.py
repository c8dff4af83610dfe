"""Lanes share torch's threads; one without work leaves its own to the others."""

import threading

import pytest
import torch

from kiyas.models import busy_lane, lane_threads, open_lanes, own_threads, use_idle_threads


@pytest.fixture
def four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def test_a_lane_has_its_share_and_the_threads_of_idle_lanes(four_threads):
    both_busy, first_done = threading.Barrier(2), threading.Event()
    seen = {}

    def work(name):
        with busy_lane():
            both_busy.wait()
            use_idle_threads()
            seen[name, "both"] = torch.get_num_threads()
            both_busy.wait()
            if name == "first":
                return
            first_done.wait()
            use_idle_threads()
            seen[name, "alone"] = torch.get_num_threads()

    with open_lanes(2) as lanes:
        first, second = lanes.submit(work, "first"), lanes.submit(work, "second")
        first.result()
        first_done.set()
        second.result()
    assert seen == {("first", "both"): 2, ("second", "both"): 2, ("second", "alone"): 4}


def test_a_lane_has_its_share_from_its_first_operation_on(four_threads):
    def work():
        torch.ones(1 << 20).add_(1)  # large enough for torch to ask how many threads there are
        return torch.get_num_threads()

    with open_lanes(2) as lanes:
        assert lanes.submit(work).result() == 2
    assert torch.get_num_threads() == 4


def test_a_lane_may_have_its_own_threads_or_those_of_idle_lanes_too(four_threads):
    assert lane_threads(1) == (4,)
    assert lane_threads(2) == (2, 4)
    assert lane_threads(4) == (1, 2, 4)
    assert lane_threads(3) == (1, 2, 4)  # of three that are busy, two, and one


def test_work_on_a_lanes_own_threads_has_as_many_in_a_lane_and_elsewhere(four_threads):
    def count_own():
        with busy_lane():
            use_idle_threads()
            with own_threads(2):
                own = torch.get_num_threads()
            return own, torch.get_num_threads()

    with open_lanes(2) as lanes:
        assert lanes.submit(count_own).result() == (2, 4)
    with own_threads(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 4


def test_outside_of_lanes_nothing_changes(four_threads):
    use_idle_threads()
    assert torch.get_num_threads() == 4
