"""The pool keeps its judges busy, replaces lost ones, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_problem import ADD, RIGHT, ROOT, WRONG

from kiyas.sandbox import Cage, Limits, SandboxError


def children(pid="self"):
    """Return the processes that descend from ``pid``."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += [int(child), *children(child)]
    return found


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def run_apart(source, **settings):
    """Run Python code in a process of its own; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **settings.pop("env", {})}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(source)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **settings,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_job_gets_one_verdict_under_its_own_key():
    jobs = [(f"job-{i}", ADD, RIGHT if i % 3 else WRONG) for i in range(60)]
    with Cage(num_workers=2, allow_weak=True) as cage:
        verdicts = list(cage.judge(jobs))
    assert sorted(key for key, _ in verdicts) == sorted(key for key, _, _ in jobs)
    assert {key for key, verdict in verdicts if verdict.outcome == "failed"} == {
        f"job-{i}" for i in range(0, 60, 3)
    }


def test_jobs_are_taken_as_judges_become_free():
    taken = []

    def jobs():
        for i in range(40):
            taken.append(i)
            yield f"job-{i}", ADD, RIGHT

    with Cage(num_workers=1, allow_weak=True) as cage:
        for count, _ in enumerate(cage.judge(jobs()), start=1):
            assert len(taken) <= count + 2


def test_no_jobs_give_no_verdicts():
    with Cage(num_workers=1, allow_weak=True) as cage:
        assert list(cage.judge([])) == []


def test_a_cage_can_be_used_again_after_a_pass_was_abandoned():
    with Cage(num_workers=2, allow_weak=True) as cage:
        for _ in cage.judge((f"job-{i}", ADD, RIGHT) for i in range(20)):
            break
        assert len(list(cage.judge([("again", ADD, RIGHT)]))) == 1


@linux_only
def test_a_thousand_samples_leave_no_process_descriptor_or_file_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(children()), num_descriptors()
    with Cage(num_workers=2, allow_weak=True) as cage:
        verdicts = list(cage.judge((str(i), ADD, RIGHT) for i in range(1000)))
        judges = set(_direct_children()) - before[0]
        assert max(peak_bytes(judge) for judge in judges) < 64 * 2**20
    assert len(verdicts) == 1000
    assert all(verdict.outcome == "passed" for _, verdict in verdicts)
    assert set(children()) <= before[0]  # a browser of other tests may have ended a process
    assert num_descriptors() == before[1]
    assert list(tmp_path.iterdir()) == []


@linux_only
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_lost_judge_is_replaced_and_its_samples_are_judged_again(blow):
    others = set(children())  # such as the browser of other tests
    with Cage(Limits(wall_s=1.5), num_workers=1, allow_weak=True) as cage:
        verdicts = []
        for verdict in cage.judge((str(i), ADD, RIGHT) for i in range(30)):
            verdicts.append(verdict)
            if len(verdicts) == 5:
                judge = min(set(_direct_children()) - others)
                os.kill(judge, blow)
                if blow == signal.SIGKILL:  # so that its end is noticed before the next job
                    os.waitid(os.P_PID, judge, os.WEXITED | os.WNOWAIT)
    assert len({key for key, _ in verdicts}) == 30
    assert {verdict.outcome for _, verdict in verdicts} == {"passed"}


def peak_bytes(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def num_descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _direct_children():
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]


@linux_only
def test_a_lost_zygote_is_replaced():
    others = set(children())
    with Cage(num_workers=1, allow_weak=True) as cage:
        verdicts = []
        for verdict in cage.judge((str(i), ADD, RIGHT) for i in range(20)):
            verdicts.append(verdict)
            if len(verdicts) == 5:
                for descendant in set(children()) - set(_direct_children()) - others:
                    with contextlib.suppress(ProcessLookupError):  # a cell that has just ended
                        os.kill(descendant, signal.SIGKILL)
    assert len(verdicts) == 20
    assert {verdict.outcome for _, verdict in verdicts} == {"passed"}


@linux_only
def test_judges_and_cells_end_with_a_scheduler_that_is_killed():
    source = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from kiyas.sandbox import Cage, Problem
        problem = Problem("p", "", "f", "def check(c): c()")
        with Cage(num_workers=1, allow_weak=True) as cage:
            jobs = [("a", problem, "def f(): pass"), ("b", problem, "def f():\\n while True: pass")]
            for key, _ in cage.judge(jobs):
                tasks = open(f"/proc/self/task/{{os.getpid()}}/children").read().split()
                print(*tasks, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    [judge] = [int(pid) for pid in process.stdout.split()]
    end = time.monotonic() + 60
    while is_a_judge(judge) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_a_judge(judge)


def is_a_judge(pid):
    """Return whether a process of this number is a judge that lives (a dead one has no command)."""
    try:
        return b"kiyas_cage" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@linux_only
def test_it_works_on_one_processor_without_a_temporary_folder_or_room_for_files():
    printed = run_apart(
        """
        import os, resource
        from kiyas.sandbox import Cage, Problem, run_tests
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        problem = Problem("p", "", "f", "def check(c): assert c() == 1")
        with Cage(allow_weak=True) as cage:
            jobs = [(str(i), problem, "def f(): return 1") for i in range(10)]
            outcomes = {verdict.outcome for _, verdict in cage.judge(jobs)}
        raise SystemExit(0 if outcomes == {"passed"} else 1)
        """,
        env={"TMPDIR": "/no/such/folder"},
    )
    assert printed == ""


UNUSABLE_FOLDERS = {
    "full": 'mount -t tmpfs -o size=4k none "$TMPDIR" && cat /dev/zero > "$TMPDIR/full"; ',
    "read-only": 'mount -t tmpfs -o ro none "$TMPDIR" && ',
}


@linux_only
@pytest.mark.parametrize("state", UNUSABLE_FOLDERS)
def test_it_works_with_a_temporary_folder_that_cannot_be_written(state, tmp_path):
    namespaces = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*namespaces, ":"], check=False).returncode
    ):
        pytest.skip("no mount of its own can be had here")
    source = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT / "src")!r})
        from kiyas.sandbox import Problem, run_tests
        try:
            with open(os.environ["TMPDIR"] + "/probe", "wb", buffering=0) as file:
                assert file.write(b"x" * 9000) == 9000
        except (OSError, AssertionError):
            problem = Problem("p", "", "f", "assert f() == 1")
            print(run_tests(problem, "def f(): return 1", allow_weak=True).outcome)
    """
    script = "exec 2>/dev/null; " + UNUSABLE_FOLDERS[state] + 'exec "$0" -W error -c "$1" 2>&1'
    done = subprocess.run(
        [*namespaces, script, sys.executable, textwrap.dedent(source)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.strip() == "passed"


def test_an_allowed_package_can_be_imported_and_others_are_unsupported(level):
    numpy_sum = "import numpy\ndef add(a, b):\n    return numpy.array([a, b]).sum()\n"
    with Cage(num_workers=1, packages=("numpy",), allow_weak=True, level=level) as cage:
        verdicts = dict(
            cage.judge([("numpy", ADD, numpy_sum), ("scipy", ADD, "import scipy\n" + RIGHT)])
        )
    assert verdicts["numpy"].outcome == "passed"
    assert verdicts["scipy"].outcome == "unsupported"


def test_without_packages_an_installed_one_is_unsupported(judge_one):
    verdict = judge_one("import numpy\n" + RIGHT)
    assert (verdict.outcome, verdict.exception) == ("unsupported", "ModuleNotFoundError")


@pytest.mark.parametrize("limits", [{"wall_s": 0}, {"memory_bytes": -1}])
def test_a_limit_that_allows_nothing_is_refused(limits):
    with pytest.raises(SandboxError, match="above 0"):
        Limits(**limits)


def test_a_cage_used_outside_its_block_says_so():
    with pytest.raises(SandboxError, match="with"):
        list(Cage().judge([("a", ADD, RIGHT)]))


def test_a_package_that_is_not_installed_is_refused_before_anything_runs():
    with pytest.raises(SandboxError, match="kiyas_no_such_package"):
        Cage(packages=("kiyas_no_such_package",))


@linux_only
def test_a_judge_stays_small_however_much_a_solution_returns():
    values = (
        "'x' * (7 << 20)",
        "[[]] * 249_000",
        "[[] for _ in range(600_000)]",
        "{i: i for i in range(120_000)}",
        "[1.5] * 249_000",
        "[set()] * 62_000",
        "[(2**60,)] * 35_000",
        "[object()] * 200_000",
        "{i: [] for i in range(120_000)}.values()",
    )
    jobs = [(value, ADD, f"def add(a, b):\n    return {value}\n") for value in values]
    before = set(_direct_children())
    with Cage(Limits(wall_s=60.0), num_workers=1, allow_weak=True) as cage:
        outcomes = {verdict.outcome for _, verdict in cage.judge(jobs)}
        [judge] = set(_direct_children()) - before
        assert peak_bytes(judge) < 64 * 2**20
    assert outcomes == {"failed"}
