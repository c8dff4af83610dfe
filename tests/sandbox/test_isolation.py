"""The level is found by acting, named with what was tried, and never lowered silently."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from small_problem import ROOT, require_level

from kiyas.sandbox import SandboxError, probe_isolation, self_test
from kiyas.sandbox.isolation import choose_isolation, probe_level
from kiyas.sandbox.syscall_tables import ARCHITECTURES

WITHOUT = Path(__file__).parent / "without_system_calls.py"
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
PROBE = """
import json, sys
from kiyas.sandbox import Cage, Problem, SandboxError
problem = Problem("p", "", "f", "def check(c): assert c() == 1")
try:
    with Cage(num_workers=1, allow_weak=sys.argv[1] == "weak") as cage:
        [(_, verdict)] = cage.judge([("a", problem, "def f(): return 1")])
        print(json.dumps([cage.isolation.to_dict(), verdict.outcome]))
except SandboxError as error:
    print(json.dumps(["refused", str(error)]))
"""
x86_64_linux_only = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the test's own filter"
)


def probe_without(names, weak=""):
    done = subprocess.run(
        [sys.executable, str(WITHOUT), names, sys.executable, "-W", "error", "-c", PROBE, weak],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_level_that_is_used_has_denied_every_act_but_the_named_ones(level):
    acts = self_test(level)
    assert len(acts) >= 14
    assert [act for act in acts if not act.ok and not act.residual] == []
    named = {act.name for act in acts if not act.ok}
    if level in {"strong+ns", "sealed"}:
        assert named == set()
    if level == "strong":
        assert named == {"learn that a file exists"}


def test_the_probe_names_the_acts_that_level_1_does_not_deny():
    require_level("weak")
    acts = {act.name: act for act in self_test("weak")}
    assert acts["read a file"].received == "allowed"


def test_isolation_can_be_written_as_json():
    plain = json.loads(json.dumps(probe_isolation().to_dict()))
    assert plain["name"] in {"strong+ns", "strong", "sealed", "weak"}
    assert {"level", "layers", "probe", "landlock_abi", "uid", "kernel", "python"} <= set(plain)


def test_the_strongest_level_is_chosen():
    for name in ("strong+ns", "strong", "sealed", "weak"):
        if not isinstance(probe_level(name), str):
            assert probe_isolation().name == name
            return


def test_an_unknown_level_is_refused_with_the_known_ones():
    with pytest.raises(SandboxError, match="sealed"):
        choose_isolation("stronger", allow_weak=True)


def test_level_1_is_refused_unless_it_is_allowed():
    with pytest.raises(SandboxError, match="allow-weak-isolation"):
        choose_isolation("weak", allow_weak=False)


@x86_64_linux_only
def test_without_namespaces_the_level_is_strong():
    require_level("strong")
    isolation, outcome = probe_without("unshare")
    assert (isolation["name"], isolation["level"], outcome) == ("strong", 2, "passed")
    assert "unshare" in isolation["unavailable"]["strong+ns"]


@x86_64_linux_only
def test_without_landlock_the_level_is_sealed():
    require_level("sealed")
    isolation, outcome = probe_without("landlock_create_ruleset,unshare")
    assert (isolation["name"], isolation["level"], outcome) == ("sealed", 2, "passed")
    assert set(isolation["unavailable"]) == {"strong+ns", "strong"}


@x86_64_linux_only
def test_without_seccomp_nothing_but_level_1_is_left_and_it_has_to_be_allowed():
    require_level("sealed")
    refusal, told = probe_without("prctl-seccomp")
    assert refusal == "refused"
    assert "no isolation above level 1" in told
    isolation, outcome = probe_without("prctl-seccomp", "weak")
    assert (isolation["name"], isolation["level"], outcome) == ("weak", 1, "passed")


@pytest.mark.skipif(not HEADER.is_file(), reason="no kernel headers here")
def test_the_numbers_of_system_calls_are_those_of_the_kernel_headers():
    defined = dict(
        line.split()[1:3]
        for line in HEADER.read_text(encoding="utf-8").splitlines()
        if line.startswith("#define __NR_")
    )
    _, table = ARCHITECTURES["x86_64"]
    assert len(table) > 90
    assert table == {name: int(defined[f"__NR_{name}"]) for name in table}


def test_both_architectures_know_the_calls_that_matter():
    for _, table in ARCHITECTURES.values():
        assert {"read", "write", "openat", "clone", "clone3", "kill", "prctl"} <= set(table)
        assert len(set(table.values())) == len(table)
