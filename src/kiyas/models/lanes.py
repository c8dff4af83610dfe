"""Threads that each use a part of the processor for themselves.

Two pieces of work side by side on one core each are faster than one after the other on two: the
threads of one operation wait for each other thousands of times a second, and for whatever else the
machine is doing.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

_MAX_LANES = 4
"""Each lane holds the working memory of a piece of work."""


def count_lanes() -> int:
    """Return how many lanes suit this machine: as many as there are cores, up to a bound."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, _MAX_LANES)


def open_lanes(num_lanes: int) -> ThreadPoolExecutor:
    """Return threads among which torch's own threads are shared out."""
    import torch

    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        num_lanes,
        "lane",
        initializer=torch.set_num_threads,
        initargs=(max(1, before // num_lanes),),
    )
    started = [pool.submit(int) for _ in range(num_lanes)]
    for future in started:
        future.result()
    torch.set_num_threads(before)  # of the caller; a lane's number is its own
    return pool
