"""Times what the code study promises: python benchmarks/code_study.py [--demo] [--small].

``kiyas --help`` (five starts), a plan, the second run that finds nothing to do; with ``--demo`` and
``--small`` whole runs with wall seconds and peak memory (the largest of the process and its
children, as the kernel counts it). Prints JSON; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def timed(*arguments: str) -> dict[str, Any]:
    """Run one command and return its wall seconds and peak memory."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "kiyas", *arguments], stdout=subprocess.DEVNULL, cwd=ROOT
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    assert os.waitstatus_to_exitcode(status) == 0, arguments
    return {"seconds": round(seconds, 2), "peak_mib": usage.ru_maxrss // 1024}


def whole_study(study: str) -> dict[str, Any]:
    """Run a study in a new folder, and again when there is nothing left to do."""
    folder = tempfile.mkdtemp(prefix="kiyas-benchmark-")
    try:
        fresh = ("run", study, "--run-folder", folder, "--set", "predict.cache=false")
        first, again = timed(*fresh), timed(*fresh)
    finally:
        shutil.rmtree(folder)
    return {"whole": first, "again": again}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--small", action="store_true")
    wanted = parser.parse_args()
    helps = [timed("--help")["seconds"] for _ in range(5)]
    measured: dict[str, Any] = {
        "help_s": {"median": statistics.median(helps), "all": helps},
        "plan": timed("plan", "studies/codegen-cot.yaml"),
        "load": os.getloadavg(),
    }
    if wanted.demo:
        measured["demo"] = whole_study("studies/demo.yaml")
    if wanted.small:
        measured["codegen-cot-small"] = whole_study("studies/codegen-cot-small.yaml")
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
