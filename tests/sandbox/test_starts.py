"""What starts slowly takes no time from a solution; what is too slow is an error and no verdict."""

import socket

import pytest
from small_problem import ADD, RIGHT

from kiyas.sandbox import Cage, Limits, SandboxError
from kiyas.sandbox.prepared_test import PreparedTest
from kiyas.sandbox.trial import Trial
from kiyas.sandbox.zygote_client import Cell, Ending, SlowStartError


@pytest.fixture
def slow_package(tmp_path, monkeypatch):
    """A package that takes three seconds to import, as a large one may on a busy machine."""
    folder = tmp_path / "own-packages"
    folder.mkdir()
    source = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end: pass\n"
    (folder / "kiyas_slow.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return "kiyas_slow"


def test_the_time_of_a_sample_begins_with_its_cell_however_long_that_takes_to_start(slow_package):
    with Cage(Limits(wall_s=0.5), num_workers=1, packages=(slow_package,), allow_weak=True) as cage:
        [(_, verdict)] = cage.judge([("slow", ADD, f"import {slow_package}\n{RIGHT}")])
    assert verdict.outcome == "passed"
    assert verdict.wall_s < 0.5


def test_a_start_beyond_its_limit_is_an_error_and_no_verdict(slow_package):
    limits = Limits(wall_s=0.5, start_s=1.0)
    with (
        Cage(limits, num_workers=1, packages=(slow_package,), allow_weak=True) as cage,
        pytest.raises(SandboxError, match="not ready in 1 s") as raised,
    ):
        list(cage.judge([("slow", ADD, f"import {slow_package}\n{RIGHT}")]))
    assert "busy" in raised.value.next_step


class SilentZygote:
    """Starts cells that never say that they are confined."""

    def start_cell(self):
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        return Cell(ours, 0, None)

    def reap_cell(self):
        self.theirs.close()
        return Ending(0, 0.0, 0)


def test_a_cell_that_is_not_ready_in_time_is_no_verdict_on_its_solution():
    problem = {"prompt": "", "entry_point": ADD.entry_point, "test": ADD.test}
    begun = []
    trial = Trial(
        PreparedTest(problem), RIGHT, Limits(start_s=0.1).to_dict(), [], lambda: begun.append(True)
    )
    with pytest.raises(SlowStartError, match="not ready in time"):
        trial.judge(SilentZygote())
    assert begun == []
