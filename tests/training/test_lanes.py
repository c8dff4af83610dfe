"""Lanes leave nothing behind when one of them fails: its step is computed again with less."""

import contextlib
import gc
import threading
import time
import weakref

import pytest
import torch

from kiyas.training.lanes import Lanes


@pytest.fixture
def lanes():
    with contextlib.closing(Lanes(2)) as lanes:
        yield lanes


def test_an_error_comes_when_no_other_lane_is_at_work_any_more(lanes):
    is_begun, ended = threading.Event(), []

    def work(index):
        if index == 0:
            is_begun.wait()
            raise MemoryError
        is_begun.set()
        time.sleep(0.2)
        ended.append(index)
        return 0.0, (torch.zeros(1),)

    with pytest.raises(MemoryError):
        lanes.add_up([2, 1], work)
    assert ended == [1]


@pytest.fixture
def no_collector():
    """Let memory be given back by the count of references alone, as it must be for a retry."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_what_was_computed_is_gone_with_the_error(lanes):
    held = []

    def work(index):
        computed = torch.zeros(1)
        held.append(weakref.ref(computed))
        if index == 0:
            raise MemoryError
        return 0.0, (computed,)

    with contextlib.suppress(MemoryError):
        lanes.add_up([2, 1], work)
    assert [tensor() for tensor in held] == [None, None]
