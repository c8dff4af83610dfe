"""Hostile and unusual honest programs of our own, at each level that this machine reaches.

Where the machine is busy a verdict may be a timeout that says so; nothing else is let pass.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from attack_runner import SECRET, leftovers
from programs import read_own
from small_problem import LEVEL_NAMES, require_level
from test_attacks import RUNNER, UNPRIVILEGED, unprivileged_interpreter

from kiyas import sandbox

PROGRAMS = {f"{program.kind}/{program.name}": program for program in read_own()}
# Programs that only run on need no more; the others are over in milliseconds.
RUN_ON_S, WALL_S, HONEST_S = 0.4, 1.0, 20.0


def judged(level, kinds, wall_s):
    """Return the verdicts on all programs of some kinds."""
    jobs = [
        (key, program.problem(sandbox), program.text)
        for key, program in PROGRAMS.items()
        if program.kind in kinds
    ]
    limits = sandbox.Limits(wall_s=wall_s)
    with sandbox.Cage(limits, num_workers=2, allow_weak=True, level=level) as cage:
        return dict(cage.judge(jobs))


def unexpected(verdicts):
    """Return the verdicts that are not among the right ones of their program."""
    return {
        key: verdict
        for key, verdict in verdicts.items()
        if verdict.outcome == "harness_error"
        or (
            PROGRAMS[key].outcomes
            and verdict.outcome not in PROGRAMS[key].outcomes
            and "other processes" not in verdict.detail
        )
    }


def passed(verdicts):
    return {key for key, verdict in verdicts.items() if verdict.outcome == "passed"}


def test_there_are_as_many_programs_as_there_have_to_be():
    kinds = [program.kind for program in PROGRAMS.values()]
    assert len(PROGRAMS) == len(read_own())
    assert kinds.count("forge") >= 60
    assert kinds.count("escape") >= 40
    assert kinds.count("dos") >= 40
    assert kinds.count("control") >= 40


def test_no_verdict_can_be_forged(level):
    verdicts = judged(level, {"forge"}, WALL_S)
    assert passed(verdicts) == set()
    assert unexpected(verdicts) == {}


def test_no_forbidden_act_succeeds_but_those_that_level_1_leaves_open(level):
    verdicts = judged(level, {"escape"}, WALL_S)
    open_ones = {key for key in verdicts if level in PROGRAMS[key].open_at}
    assert passed(verdicts) <= open_ones
    assert (len(open_ones) > 0) is (level == "weak")
    assert leftovers() == []
    assert list(Path("/tmp").glob("kiyas-canary-*")) == []


def test_unusual_honest_programs_pass(level):
    verdicts = judged(level, {"control"}, HONEST_S)
    expected = {key for key in verdicts if level not in PROGRAMS[key].closed_at}
    assert {k: v for k, v in verdicts.items() if k in expected and v.outcome != "passed"} == {}
    assert {verdict.strength for verdict in verdicts.values()} == {"split"}


@pytest.mark.slow
def test_every_way_to_end_has_an_outcome_and_never_a_pass():
    verdicts = judged(None, {"dos"}, RUN_ON_S)
    assert passed(verdicts) == set()
    assert unexpected(verdicts) == {}


@pytest.mark.slow
def test_no_process_of_the_cage_can_be_read_by_the_same_unprivileged_user():
    require_level("weak")
    name = "memory_of_zygote_judge_and_scheduler"
    settings = {}
    python = unprivileged_interpreter()
    if python is None:
        pytest.skip("no interpreter here can be run by an unprivileged user")
    if os.getuid() == 0:
        settings = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
    done = subprocess.run(
        [python, "-B", str(RUNNER), "own", "weak", str(WALL_S), name],
        env={"PATH": os.environ.get("PATH", "/usr/bin"), SECRET: "secret"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        **settings,
    )
    [result] = json.loads(done.stdout)["results"]
    assert (result["name"], result["outcome"]) == (name, "failed")


def test_every_level_that_is_named_is_known():
    named = {name for p in PROGRAMS.values() for name in p.open_at | p.closed_at}
    assert named <= set(LEVEL_NAMES)
