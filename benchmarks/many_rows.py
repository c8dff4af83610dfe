"""Labelled tables of many rows: seconds and peak memory of check, clean, split and the baseline.

The rows are sentences of the embedded problems, several of a topic joined and most numbers drawn
anew. Each verb is a process of its own, as a user calls it; prints one row each.

    python benchmarks/many_rows.py --rows 100000
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kiyas.data import load_table

_BASELINE = """
import sys
from pathlib import Path
from kiyas.data import load_table
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassifierFolder
from kiyas.training.tfidf_baseline import train_tfidf

names = ("train", "validation")
tables = [load_table(f"{sys.argv[1]}/{name}.csv", base_dir=Path()) for name in names]
splits = tuple(LabelledTexts(t.source, t.texts, t.labels) for t in tables)
folder = ClassifierFolder.at(Path(sys.argv[1]) / "baseline")
trained, probabilities = train_tfidf(splits, max(splits[0].labels) + 1, folder)
hits = int((probabilities.argmax(axis=1) == splits[1].labels).sum())
print(f"validation {hits}/{len(splits[1].texts)}, {trained.chosen}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    num_rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "rows.csv"
        write_rows(table, num_rows)
        kiyas = [sys.executable, "-m", "kiyas", "data"]
        steps = {
            "check": [*kiyas, "check", str(table)],
            "clean": [*kiyas, "clean", str(table), "--out", str(folder / "clean.csv")],
            "split": [*kiyas, "split", str(folder / "clean.csv"), "--out-dir", name],
            "baseline": [sys.executable, "-c", _BASELINE, name],
        }
        for step, command in steps.items():
            seconds, peak_bytes, last_line = run(command)
            print(f"{step}: {seconds:.1f} s, {peak_bytes / 2**30:.2f} GiB; {last_line}", flush=True)


def run(command: list[str]) -> tuple[float, int, str]:
    """Return seconds, peak resident bytes and the last line of a command."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout.read().split("\n")
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    shown = [line for line in lines if line.strip()]
    return time.monotonic() - started, usage.ru_maxrss * 1024, shown[-1] if shown else ""


def write_rows(path: Path, num_rows: int) -> None:
    """Write distinct rows, the classes in turn."""
    draw = random.Random(0)
    sentences: dict[int, list[str]] = {}
    for split in ("train", "validation", "test"):
        table = load_table("embedded:math-topics", split=split, base_dir=Path())
        for text, label in zip(table.texts, table.labels, strict=True):
            sentences.setdefault(label, []).extend(re.split(r"(?<=[.?!])\s+", text))
    seen: set[str] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Question", "label"])
        while len(seen) < num_rows:
            label = len(seen) % len(sentences)
            joined = " ".join(draw.sample(sentences[label], draw.randint(2, 4)))
            text = re.sub(r"\d+", lambda _: str(draw.randint(2, 9999)), joined)
            if text not in seen:
                seen.add(text)
                writer.writerow([text, label])


if __name__ == "__main__":
    main()
