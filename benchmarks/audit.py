"""Times what the audit promises: python benchmarks/audit.py [--rounds 3] [--out FILE.json].

``kiyas audit`` on 20 files of verdicts x 164 problems (at most 10 s, start of Python included); the
same 20 files with verdicts under every extraction rule, in this process; the statistics of 40
paired comparisons on 164 problems with 10,000 resamples (under 1 s). Verdicts are made up: nothing
is judged. Prints JSON with the load average; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kiyas.analysis.audit_samples import audit_samples
from kiyas.records.files import FileScore, ScoreFile
from kiyas.scoring import EXTRACTION_RULES
from kiyas.statistics import bca_means, holm, max_t, mcnemar

NUM_FILES, NUM_PROBLEMS, NUM_COMPARISONS, NUM_RESAMPLES = 20, 164, 40, 10_000


def make_file(name: str, rule: str, generator: np.random.Generator) -> ScoreFile:
    """Return made-up verdicts of one file under one rule."""
    passes = generator.random(NUM_PROBLEMS) < generator.uniform(0.2, 0.6)
    scores = (
        FileScore(
            f"HumanEval/{number}",
            0,
            "passed" if passed else "wrong_answer",
            "",
            0.01,
            "strong",
            rule,
            "humaneval",
        )
        for number, passed in enumerate(passes.tolist())
    )
    return ScoreFile(name, tuple(scores), NUM_PROBLEMS)


def write_scores(folder: Path) -> list[str]:
    """Write the files of verdicts that the command reads."""
    generator = np.random.default_rng(0)
    paths = []
    for number in range(NUM_FILES):
        path = folder / f"model-{number}.jsonl"
        file = make_file(path.name, "validated", generator)
        lines = [json.dumps({**vars(score), "program": ""}) for score in file.scores]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(str(path))
    return paths


def audit_by_command(paths: list[str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "kiyas", "audit", "--quiet", "--json", *paths],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def audit_by_rules(files: list[dict[str, ScoreFile]]) -> None:
    audit_samples(files)


def compute_statistics(scores: np.ndarray[Any, Any]) -> None:
    """Do everything that 40 comparisons need: tests, corrections, intervals."""
    differences = scores[:NUM_COMPARISONS] - scores[NUM_COMPARISONS:]
    max_t(differences, 0, NUM_RESAMPLES)
    bca_means(differences.T, 0, NUM_RESAMPLES)
    pairs = [(int((row > 0).sum()), int((row < 0).sum())) for row in differences]
    holm([mcnemar(b, c, NUM_PROBLEMS).mid_p_value or 0.0 for b, c in pairs])


def timed(work: Callable[[], None], rounds: int) -> dict[str, Any]:
    """Return the median and all wall seconds of some work."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(round(time.perf_counter() - begin, 3))
    return {"median_s": statistics.median(seconds), "all_s": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    wanted = parser.parse_args()
    generator = np.random.default_rng(1)
    by_rule = [
        {rule: make_file(f"model-{number}", rule, generator) for rule in EXTRACTION_RULES}
        for number in range(NUM_FILES)
    ]
    scores = (generator.random((2 * NUM_COMPARISONS, NUM_PROBLEMS)) < 0.4).astype(np.float64)
    with tempfile.TemporaryDirectory(prefix="kiyas-benchmark-") as folder:
        paths = write_scores(Path(folder))
        measured = {
            "files": NUM_FILES,
            "problems": NUM_PROBLEMS,
            "rules": len(EXTRACTION_RULES),
            "kiyas audit": timed(lambda: audit_by_command(paths), wanted.rounds),
            "audit by rules, in process": timed(lambda: audit_by_rules(by_rule), wanted.rounds),
            "statistics of 40 comparisons": timed(
                lambda: compute_statistics(scores), wanted.rounds
            ),
            "load": os.getloadavg(),
        }
    text = json.dumps(measured, indent=2)
    if wanted.out is not None:
        wanted.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
