"""Hostile programs -> docs/cage-attacks.md: what each level of isolation contained, in a real run.

Every program runs at every level as this user and as another one, and at the best level that is
left with namespaces and with Landlock switched off (by a filter of its own, as in a container or an
old kernel). x86-64 Linux only.

    python benchmarks/cage_attacks.py [ATTACKS] [--user UID PYTHON] [--wall-s SECONDS]

ATTACKS is a folder of further programs, beside those of ``tests/sandbox/programs``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cage-attacks.md"
TESTS = ROOT / "tests" / "sandbox"
LEVELS = ("strong+ns", "strong", "sealed", "weak")
CLASSES = ("dos", "leak", "escape", "persist", "forge", "control")
SWITCHED_OFF = {
    "namespaces switched off": "unshare,clone-newuser,clone3",
    "Landlock switched off": "landlock_create_ruleset",
}
# Set of programs -> its title on the page.
SETS = {"own": "Programs of `tests/sandbox/programs`", "other": "Programs kept outside"}


class Setting(NamedTuple):
    """How the programs are run once."""

    title: str
    level: str
    user: str
    without: str = ""


class Run(NamedTuple):
    """What came of one setting."""

    setting: Setting
    isolation: dict[str, Any]
    results: dict[str, dict[str, dict[str, Any]]]
    """By set and name of the program."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", type=Path, nargs="?", help="folder of further programs")
    parser.add_argument("--wall-s", type=float, default=3.0, help="limit of each program")
    parser.add_argument(
        "--user", nargs=2, metavar=("UID", "PYTHON"), help="a second user to run as"
    )
    arguments = parser.parse_args()
    folders = {"own": "own"}
    if arguments.attacks is not None:
        folders["other"] = str(arguments.attacks.resolve())
    runs = []
    for setting in settings(has_second_user=arguments.user is not None):
        reports = {
            name: run(folder, setting, arguments.user, arguments.wall_s)
            for name, folder in folders.items()
        }
        results = {
            name: {result["name"]: result for result in report["results"]}
            for name, report in reports.items()
        }
        runs.append(Run(setting, reports["own"]["isolation"], results))
        print(f"{setting.title}: {runs[-1].isolation['name']}", flush=True)
    PAGE.write_text(page(runs, arguments.wall_s), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(runs)} runs")


def settings(has_second_user: bool) -> list[Setting]:
    """Return every way in which the programs are run."""
    first = "root" if os.getuid() == 0 else "user"
    users = [first, "unprivileged"] if has_second_user else [first]
    found = [
        *(Setting(f"{level}, {user}", level, user) for user in users for level in LEVELS),
        *(
            Setting(f"{title}, {user}", "best", user, names)
            for title, names in SWITCHED_OFF.items()
            for user in users
        ),
    ]
    if has_second_user and first == "root":
        found.append(Setting("root that can give up its user id", "best", "same interpreter"))
    return found


def run(
    attacks: str, setting: Setting, other: tuple[str, str] | None, wall_s: float
) -> dict[str, Any]:
    """Run every program once in a setting; return the runner's report."""
    python, options = sys.executable, {}
    if other is not None and setting.user in {"unprivileged", "same interpreter"}:
        python = other[1]
    if other is not None and setting.user == "unprivileged":
        options = {"user": int(other[0]), "group": int(other[0]), "extra_groups": []}
    command = [python, "-B", str(TESTS / "attack_runner.py"), attacks, setting.level, str(wall_s)]
    if setting.without:
        command = [python, "-B", str(TESTS / "without_system_calls.py"), setting.without, *command]
    done = subprocess.run(
        command,
        env={"PATH": os.environ.get("PATH", "/usr/bin"), "KIYAS_CANARY_SECRET": "secret"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    if done.returncode:
        raise SystemExit(f"{setting.title} did not run:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def page(runs: list[Run], wall_s: float) -> str:
    """Return the page as Markdown."""
    first = runs[0].isolation
    lines = [
        "# What the cage contains",
        "",
        "Written by `benchmarks/cage_attacks.py` from a real run of hostile and of honest programs",
        f"({first['kernel']}, Python {first['python']}, limit {wall_s:g} s).",
        "A program is contained if its header's promise held: no pass, a verdict within the limit",
        "and 2 s, no process, connection, file or signal outside, and the next sample judged as",
        "ever. `ok` is contained (or, for a control, passed); anything else says what happened.",
        "",
        "The levels are explained in `src/kiyas/sandbox/README.md`, and what stays open at each of",
        "them in `SECURITY.md`.",
        "",
        "## Contained, by setting",
        "",
        "With a layer switched off, the level is the best that is left; it is found by probing.",
        "",
        row("setting", "level", *CLASSES),
        row(*["---"] * (len(CLASSES) + 2)),
    ]
    for one in runs:
        every = [result for by_name in one.results.values() for result in by_name.values()]
        totals = [total(every, name) for name in CLASSES]
        lines.append(row(one.setting.title, one.isolation["name"], *totals))
    lines += ["", "## Not contained", "", *not_contained(runs)]
    by_level = [one for one in runs if one.setting.user == runs[0].setting.user][: len(LEVELS)]
    for name in runs[0].results:
        lines += ["", f"## {SETS[name]}", ""]
        lines.append(row("program", "class", *(one.setting.title for one in by_level)))
        lines.append(row(*["---"] * (len(by_level) + 2)))
        results = by_level[0].results[name].values()
        for result in sorted(results, key=lambda result: CLASSES.index(result["class"])):
            cells = [cell(one.results[name][result["name"]]) for one in by_level]
            lines.append(row(result["name"], result["class"], *cells))
    return "\n".join([*lines, ""])


def not_contained(runs: list[Run]) -> list[str]:
    """Return, for each setting, the programs that got through or were stopped without reason."""
    lines = []
    for one in runs:
        names = [
            f"{name} ({'; '.join(short(result))})" if result["class"] == "control" else name
            for by_name in one.results.values()
            for name, result in by_name.items()
            if result["breaches"]
        ]
        lines.append(f"- {one.setting.title}: {', '.join(names) or 'none'}")
    return lines


def total(results: list[dict[str, Any]], name: str) -> str:
    """Return how many programs of a class were contained, of how many."""
    of_class = [result for result in results if result["class"] == name]
    return f"{sum(not result['breaches'] for result in of_class)}/{len(of_class)}"


def short(result: dict[str, Any]) -> list[str]:
    """Return what a program achieved, without the texts of its verdict."""
    return [breach.split(":")[0] for breach in result["breaches"]]


def cell(result: dict[str, Any]) -> str:
    """Return what one program achieved, for a table."""
    return "; ".join(short(result)) or f"ok ({result['outcome']})"


def row(*cells: str) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


if __name__ == "__main__":
    main()
