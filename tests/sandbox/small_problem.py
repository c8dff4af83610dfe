"""The problem of most sandbox tests, and which levels of isolation this machine reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiyas.sandbox import Isolation, Problem
from kiyas.sandbox.isolation import probe_level

ROOT = Path(__file__).resolve().parents[2]
LEVEL_NAMES = ("strong+ns", "strong", "sealed", "weak")

ADD = Problem(
    "add",
    "def add(a, b):\n    '''Return the sum.'''\n",
    "add",
    "def check(candidate):\n    assert candidate(2, 3) == 5\n    assert candidate(-1, 1) == 0\n",
)
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


def require_level(name: str) -> None:
    """Skip the test where this machine cannot reach the level."""
    found = probe_level(name)
    if not isinstance(found, Isolation):
        pytest.skip(f"level {name} cannot be had here: {found}")
