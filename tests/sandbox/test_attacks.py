"""Hostile programs from beside the repository, at each level, as root and as another user.

The programs are not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_problem import LEVEL_NAMES, ROOT, require_level

ATTACKS = ROOT.parent / "shared" / "attacks"
RUNNER = Path(__file__).parent / "attack_runner.py"
SECRET = "KIYAS_CANARY_SECRET"
UNPRIVILEGED = 65534
WALL_S = "0.6"
# What each level is known to let through: `SECURITY.md` names them, too.
RESIDUALS = {
    "strong+ns": set(),
    "strong": {"stat_metadata"},
    "sealed": {"devnull"},
    "weak": None,
}

pytestmark = [
    pytest.mark.skipif(not ATTACKS.is_dir(), reason="../shared/attacks is not here"),
    pytest.mark.skipif(sys.platform != "linux", reason="the programs attack Linux"),
    pytest.mark.slow,
]


@functools.cache
def unprivileged_interpreter():
    """Return an interpreter of a usable version that an unprivileged user can run."""
    check = f"import sys; sys.path.insert(0, {str(ROOT / 'src' / 'kiyas')!r}); import sandbox"
    found = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in range(14, 10, -1))]
    for python in [*filter(None, found), "/usr/bin/python3"]:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-B", "-c", check],
                user=UNPRIVILEGED,
                group=UNPRIVILEGED,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=True,
            )
            return python
    return None


@functools.cache
def results(user, level):
    """Run all programs at a level as a user, once; return the results by name."""
    settings = {}
    python = sys.executable
    # What level 1 promises; it lets the rest through by definition.
    classes = ["forge,persist,control"] if level == "weak" else []
    if user == "unprivileged":
        if os.getuid() != 0:
            pytest.skip("changing the user needs root; the tests of this user cover it")
        python = unprivileged_interpreter()
        if python is None:
            pytest.skip("no interpreter here can be run by an unprivileged user")
        settings = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
    done = subprocess.run(
        [python, "-B", "-W", "error", str(RUNNER), str(ATTACKS), level, WALL_S, *classes],
        env={"PATH": os.environ.get("PATH", "/usr/bin"), SECRET: "secret"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **settings,
    )
    assert done.returncode == 0, done.stderr
    return {result["name"]: result for result in json.loads(done.stdout)["results"]}


@pytest.fixture(params=LEVEL_NAMES)
def level_name(request):
    require_level(request.param)
    return request.param


@pytest.fixture(params=["this user", "unprivileged"])
def found(request, level_name):
    return level_name, results(request.param, level_name)


def test_every_program_is_contained_except_for_the_known_residuals(found):
    level, by_name = found
    if RESIDUALS[level] is None:
        pytest.skip("level 1 confines little; its promise is the test below")
    assert len(by_name) >= 59  # 46 attacks and 13 controls: a missing file must be noticed
    open_ones = {name: result for name, result in by_name.items() if result["breaches"]}
    assert set(open_ones) == RESIDUALS[level], open_ones


def test_no_verdict_is_forged_at_any_level(found):
    _, by_name = found
    forging = [result for result in by_name.values() if result["class"] == "forge"]
    assert len(forging) >= 15
    assert [result for result in forging if result["outcome"] == "passed"] == []


def test_honest_programs_pass_at_every_level(found):
    level, by_name = found
    honest = [result for result in by_name.values() if result["class"] == "control"]
    assert len(honest) == 13
    stopped = {result["name"] for result in honest if result["outcome"] != "passed"}
    assert stopped == ({"devnull"} if level == "sealed" else set())


def test_nothing_outlives_its_verdict_at_any_level(found):
    _, by_name = found
    assert [r for r in by_name.values() if "a process was left behind" in r["breaches"]] == []
