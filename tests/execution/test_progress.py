"""What a log shows of work that takes long; bars themselves are rich's."""

import io

import pytest
from rich.console import Console

from kiyas.execution import TerminalProgress


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def log(clock):
    return Console(file=io.StringIO(), get_time=lambda: clock[0])


def lines_of(log):
    return log.file.getvalue().splitlines()


def test_a_log_has_a_line_a_tenth_of_the_work_with_the_time_left(log, clock):
    with TerminalProgress(log).bar("decoding", 20) as bar:
        for _ in range(20):
            clock[0] += 100
            bar.note("7 tokens/s")
            bar.advance()
    # 100 s a piece, a line every second piece, and none for the end: what comes next says it.
    assert lines_of(log)[0] == "decoding (20)"
    assert lines_of(log)[1] == "decoding: 2 of 20, 0:30:00 left, 7 tokens/s"
    assert lines_of(log)[-1] == "decoding: 18 of 20, 0:03:20 left, 7 tokens/s"
    assert len(lines_of(log)) == 1 + 9


def test_work_of_less_than_a_minute_is_one_line(log, clock):
    with TerminalProgress(log).bar("scoring", 50) as bar:
        for _ in range(50):
            clock[0] += 1
            bar.advance()
    assert lines_of(log) == ["scoring (50)"]


def test_work_that_goes_on_says_how_far_it_was_and_is_timed_from_there(log, clock):
    with TerminalProgress(log).bar("decoding", 100, done=60) as bar:
        for _ in range(10):
            clock[0] += 30
            bar.advance()
    # 30 s a piece for the 30 that are left then, whatever the first 60 took.
    assert lines_of(log) == ["decoding (60 of 100)", "decoding: 70 of 100, 0:15:00 left"]
