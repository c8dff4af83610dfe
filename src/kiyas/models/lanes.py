"""Threads that each use a part of the processor for themselves.

Two pieces of work side by side on one core each are faster than one after the other on two: the
threads of one operation wait for each other thousands of times a second, and for whatever else the
machine is doing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

_MAX_LANES = 4
"""Each lane holds the working memory of a piece of work."""


def count_lanes() -> int:
    """Return how many lanes suit this machine: as many as there are cores, up to a bound."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, _MAX_LANES)


class _Shares:
    """Torch's threads, and the lanes that share them."""

    def __init__(self, num_threads: int, num_lanes: int) -> None:
        self.num_threads, self.num_lanes, self.num_busy = num_threads, num_lanes, 0
        self.lock = threading.Lock()

    @property
    def own(self) -> int:
        """Return how many threads each lane has while all are at work."""
        return _share(self.num_threads, self.num_lanes)

    def of_each(self) -> int:
        """Return how many threads each lane has while others are idle."""
        return _share(self.num_threads, max(1, self.num_busy))


def _share(num_threads: int, num_lanes: int) -> int:
    return max(1, num_threads // num_lanes)


_lane = threading.local()


def open_lanes(num_lanes: int) -> ThreadPoolExecutor:
    """Return threads among which torch's own threads are shared out."""
    import torch

    before = torch.get_num_threads()
    shares = _Shares(before, num_lanes)

    def enter() -> None:
        _lane.shares = shares
        # Asked first: else torch's first operation here would take the number set last anywhere.
        torch.get_num_threads()
        torch.set_num_threads(shares.own)

    pool = ThreadPoolExecutor(num_lanes, "lane", initializer=enter)
    all_started = threading.Barrier(num_lanes)  # else a lane that is free would stand for others
    for future in [pool.submit(all_started.wait) for _ in range(num_lanes)]:
        future.result()
    torch.set_num_threads(before)  # of the caller; a lane's number is its own
    return pool


@contextmanager
def busy_lane() -> Iterator[None]:
    """Say that this lane has work meanwhile; others may have its threads before and after."""
    shares: _Shares = _lane.shares
    with shares.lock:
        shares.num_busy += 1
    try:
        yield
    finally:
        with shares.lock:
            shares.num_busy -= 1


def lane_threads(num_lanes: int) -> tuple[int, ...]:
    """Return the numbers of threads that a lane may come to have, its own first."""
    import torch

    num_threads = torch.get_num_threads()
    return tuple(dict.fromkeys(_share(num_threads, busy) for busy in range(num_lanes, 0, -1)))


@contextmanager
def own_threads(num_lanes: int) -> Iterator[None]:
    """Let the caller have a lane's own threads meanwhile, in whichever thread it runs."""
    import torch

    before = torch.get_num_threads()
    shares: _Shares | None = getattr(_lane, "shares", None)
    own = shares.own if shares is not None else _share(before, num_lanes)
    if own == before:  # to set a number makes oneDNN forget what it has prepared
        yield
        return
    torch.set_num_threads(own)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def use_idle_threads() -> None:
    """Give the lane that calls the threads of those without work, between two operations."""
    import torch

    shares: _Shares | None = getattr(_lane, "shares", None)
    if shares is not None and shares.of_each() != torch.get_num_threads():
        torch.set_num_threads(shares.of_each())
