"""The level is found by acting, named with what was tried, and never lowered silently."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from small_problem import ROOT, require_level

from kiyas.sandbox import Cage, Limits, Problem, SandboxError, probe_isolation, self_test
from kiyas.sandbox.isolation import choose_isolation, probe_level
from kiyas.sandbox.process_limits import UNPRIVILEGED_UID
from kiyas.sandbox.syscall_tables import ABSENT, ARCHITECTURES, FREE, LINKS, PATHS

WITHOUT = Path(__file__).parent / "without_system_calls.py"
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC_HEADER = Path("/usr/include/asm-generic/unistd.h")
NO_NAMESPACES = "unshare,clone-newuser,clone3"
PROBE = """
import json, sys
from kiyas.sandbox import Cage, Problem, SandboxError
problem = Problem("p", "", "f", "def check(c): assert c() == 1")
packages = sys.argv[2].split()
try:
    with Cage(num_workers=1, packages=packages, allow_weak=sys.argv[1] == "weak") as cage:
        program = "".join(f"import {name}, {name}.random\\n" for name in packages)
        [(_, verdict)] = cage.judge([("a", problem, program + "def f(): return 1")])
        print(json.dumps([cage.isolation.to_dict(), verdict.outcome]))
except SandboxError as error:
    print(json.dumps(["refused", str(error)]))
"""
x86_64_linux_only = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the test's own filter"
)


def probe_without(names, weak="", packages=""):
    command = [sys.executable, "-W", "error", "-c", PROBE, weak, packages]
    done = subprocess.run(
        [sys.executable, str(WITHOUT), names, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=180,
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
    with pytest.raises(SandboxError) as caught:
        choose_isolation("weak", allow_weak=False)
    for way in ("--allow-weak-isolation", "score.allow_weak_isolation: true"):
        assert way in str(caught.value.next_step)


@x86_64_linux_only
def test_without_namespaces_the_level_is_strong():
    require_level("strong")
    isolation, outcome = probe_without(NO_NAMESPACES)
    assert (isolation["name"], isolation["level"], outcome) == ("strong", 2, "passed")
    assert "unshare" in isolation["unavailable"]["strong+ns"]
    assert "bubblewrap" in isolation["unavailable"]["strong+ns"]


@x86_64_linux_only
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_where_only_bubblewrap_may_make_namespaces_it_makes_them():
    require_level("strong+ns")
    isolation, outcome = probe_without("unshare")
    if isolation["name"] == "strong":
        pytest.skip(isolation["unavailable"]["strong+ns"])
    assert (isolation["name"], isolation["level"], outcome) == ("strong+ns", 3, "passed")
    assert isolation["layers"] == ["bubblewrap", "landlock", "seccomp", "rlimits"]
    assert [act for act in isolation["probe"] if not act["ok"]] == []


@x86_64_linux_only
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_allowed_packages_can_be_imported_within_bubblewrap():
    isolation, outcome = probe_without("unshare", packages="numpy")
    assert outcome == "passed", isolation


@x86_64_linux_only
def test_without_landlock_the_level_is_sealed():
    require_level("sealed")
    isolation, outcome = probe_without(f"landlock_create_ruleset,{NO_NAMESPACES}")
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
def test_the_numbers_of_system_calls_on_x86_64_are_those_of_the_kernel_headers():
    defined = dict(
        line.split()[1:3]
        for line in HEADER.read_text(encoding="utf-8").splitlines()
        if line.startswith("#define __NR_")
    )
    _, table = ARCHITECTURES["x86_64"]
    assert len(table) > 90
    assert table == {name: int(defined[f"__NR_{name}"]) for name in table}


@pytest.mark.skipif(not GENERIC_HEADER.is_file(), reason="no kernel headers here")
def test_the_numbers_of_system_calls_on_aarch64_are_those_of_the_generic_headers():
    # aarch64 has the generic numbers; calls with a 32-bit twin stand there under another name.
    defined = re.findall(
        r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", GENERIC_HEADER.read_text(encoding="utf-8"), re.M
    )
    numbers = {name: int(number) for name, number in defined}
    numbers["newfstatat"] = numbers["fstatat"]
    _, table = ARCHITECTURES["aarch64"]
    assert len(table) > 75
    assert table == {name: numbers[name] for name in table}


def test_every_call_of_a_rule_or_list_is_in_both_tables_or_does_not_exist_on_aarch64():
    x86_64, aarch64 = (table for _, table in ARCHITECTURES.values())
    for table in (x86_64, aarch64):
        assert len(set(table.values())) == len(table)
    assert set(aarch64) <= set(x86_64)
    # asm-generic has none of these: aarch64 came after them.
    older = (
        "access alarm dup2 epoll_create epoll_wait getdents getpgrp lstat open pause pipe poll "
        "readlink select stat time"
    )
    assert set(x86_64) - set(aarch64) == set(older.split())
    assert {*FREE, *PATHS, *LINKS, *ABSENT} <= set(x86_64)


NUM_CALLS = 600
SWEEP = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(skipped):
    found = []
    for number in set(range({NUM_CALLS})) - set(skipped):
        # The second half asks by the numbers of the x32 table.
        for asked in (number, number + 0x40000000):
            ctypes.set_errno(0)
            result = libc.syscall(asked, -1, -1, -1, -1, -1, -1)
            if result != -1 or ctypes.get_errno() not in (1, 13, 38):
                found.append((asked, result, ctypes.get_errno()))
    return found
"""


@x86_64_linux_only
@pytest.mark.parametrize("name", ["strong+ns", "strong", "sealed"])
def test_a_cell_can_make_no_system_call_but_those_of_the_list(name):
    require_level(name)
    _, table = ARCHITECTURES["x86_64"]
    # Asked with arguments that no call takes, a refused one says so and no other does.
    free = sorted(table[call] for call in [*FREE, *(PATHS if name != "sealed" else ())])
    conditional = [table[call] for call in ("ioctl", "openat", "open")]
    # uretprobe and uprobe: no filter of any process sees them, and they end their caller.
    unfiltered = [335, 336]
    test = f"def check(c):\n    assert c({free + conditional + unfiltered}) == []\n"
    with Cage(Limits(wall_s=20.0), num_workers=1, level=name) as cage:
        [(_, verdict)] = cage.judge([("sweep", Problem("sweep", "", "f", test), SWEEP)])
    assert (verdict.outcome, verdict.detail) == ("passed", "")


def test_a_root_that_can_do_without_its_rights_gives_them_up():
    if os.getuid() != 0:
        pytest.skip("this is about root")
    readable = Path(sysconfig.get_path("stdlib")).resolve()
    shut = any(not folder.stat().st_mode & 0o001 for folder in [readable, *readable.parents])
    assert probe_isolation().uid == (0 if shut else UNPRIVILEGED_UID)
