"""Hostile programs -> docs/cage-attacks.md: what each level of isolation contained, in a real run.

python benchmarks/cage_attacks.py ATTACKS [--user UID PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cage-attacks.md"
RUNNER = ROOT / "tests" / "sandbox" / "attack_runner.py"
LEVELS = ("strong+ns", "strong", "sealed", "weak")
CLASSES = ("dos", "leak", "escape", "persist", "forge", "control")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", type=Path, help="folder of hostile programs")
    parser.add_argument(
        "--user", nargs=2, metavar=("UID", "PYTHON"), help="a second user to run as"
    )
    arguments = parser.parse_args()
    runs = {(level, "root" if os.getuid() == 0 else "user"): {} for level in LEVELS}
    if arguments.user:
        runs |= {(level, "unprivileged"): {} for level in LEVELS}
    for level, user in runs:
        settings: dict[str, Any] = {}
        python = sys.executable
        if user == "unprivileged":
            number, python = int(arguments.user[0]), arguments.user[1]
            settings = {"user": number, "group": number, "extra_groups": []}
        runs[level, user] = run(arguments.attacks.resolve(), level, python, settings)
    PAGE.write_text(page(runs), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(runs)} runs")


def run(attacks: Path, level: str, python: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Run every program at a level; return the runner's report."""
    done = subprocess.run(
        [python, "-B", str(RUNNER), str(attacks), level, "3.0"],
        env={"PATH": os.environ.get("PATH", "/usr/bin"), "KIYAS_CANARY_SECRET": "secret"},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        **settings,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def page(runs: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Return the page as Markdown."""
    columns = list(runs)
    first = next(iter(runs.values()))
    tables = {key: {row["file"]: row for row in report["results"]} for key, report in runs.items()}
    heads = [f"{level}, {user}" for level, user in columns]
    lines = [
        "# What the cage contains",
        "",
        "Written by `benchmarks/cage_attacks.py` from a real run of hostile and of honest programs",
        f"({first['isolation']['kernel']}, Python {first['isolation']['python']}, limit 3 s).",
        "A program is contained if its header's promise held: no pass, a verdict within the limit",
        "and 2 s, no process, connection, file or signal outside, and the next sample judged as",
        "ever. `ok` is contained (or, for a control, passed); anything else says what happened.",
        "",
        "The levels are explained in `src/kiyas/sandbox/README.md`, and what stays open at each of",
        "them in `SECURITY.md`.",
        "",
        "## Totals",
        "",
        row("class", *heads),
        row(*["---"] * (len(columns) + 1)),
    ]
    for name in CLASSES:
        lines.append(row(name, *(total(tables[key].values(), name) for key in columns)))
    lines += ["", "## Programs", "", row("program", "class", *heads)]
    lines.append(row(*["---"] * (len(columns) + 2)))
    order = sorted(first["results"], key=lambda result: CLASSES.index(result["class"]))
    for result in order:
        cells = [cell(tables[key][result["file"]]) for key in columns]
        lines.append(row(result["name"], result["class"], *cells))
    return "\n".join([*lines, ""])


def total(results: Any, name: str) -> str:
    """Return how many programs of a class were contained, of how many."""
    of_class = [result for result in results if result["class"] == name]
    return f"{sum(not result['breaches'] for result in of_class)}/{len(of_class)}"


def cell(result: dict[str, Any]) -> str:
    """Return what one program achieved."""
    breaches = [breach.split(":")[0] for breach in result["breaches"]]
    return "; ".join(breaches) or f"ok ({result['outcome']})"


def row(*cells: str) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
