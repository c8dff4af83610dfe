"""Training with LoRA: kiyas beside its peers, in one run: python benchmarks/training.py [options].

The rows and settings of a code study (LoRA of rank 32 on four kinds of module, 1 x 16) are trained
on by kiyas, TRL's ``SFTTrainer`` (with and without packing), plain ``transformers.Trainer`` with
PEFT, and LLaMA-Factory, each in a process of its own, in an order drawn anew each round. Seconds of
the steps alone, wall clock and peak memory of the whole process, and the loss of every step.
Writes training.json and training.md.

TRL is measured as the study asks, without gradient checkpointing; ``trl-shipped`` is TRL with it,
which is its default. Packed, a step holds other rows than the study's, so its losses are its own.
Each tool trains in the precision of kiyas's probe, or, of several ``--dtypes``, in the one in which
its own first step is fastest. A peer that cannot be installed or fails is named with its error.

    python benchmarks/training.py --steps 1 --examples 2 --peers trainer,trl      (quick)
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peers import ROOT, environment_of, timed

HERE = Path(__file__).parent
KIYAS, PEER = HERE / "training_kiyas.py", HERE / "training_peer.py"
PEERS = ("trl", "trl-packed", "trainer", "llamafactory")
REFERENCE = "trl"


@dataclass(frozen=True)
class Measured:
    """What one process of a tool took."""

    wall_s: float
    """Wall clock of the process, starting, loading and preparing included."""
    peak_mib: int
    """Its largest resident memory."""
    losses: list[float]
    """Mean loss of each step, before its update."""
    step_s: list[float]
    """Seconds of each step, from its first micro-batch to the end of its update."""
    num_examples: int
    """Examples trained on in all steps."""
    num_tokens: int
    """Their tokens, padding left out."""
    num_trained_tokens: int
    """Tokens that the loss was computed on."""
    num_micro_batches: int | None
    """Forward passes; None where the tool does not say."""

    @property
    def examples_per_s(self) -> float:
        """Return examples a second of the steps."""
        return self.num_examples / sum(self.step_s)

    @property
    def trained_tokens_per_s(self) -> float:
        """Return trained tokens a second of the steps."""
        return self.num_trained_tokens / sum(self.step_s)


@dataclass(frozen=True)
class Tool:
    """A tool that can be started."""

    name: str
    """kiyas, or the peer."""
    python: Path
    """The interpreter of its environment."""


def prepare(arguments: argparse.Namespace) -> dict[str, Any]:
    """Render the rows, in a process that ends before anything is timed."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = ("study", "examples", "steps", "dropout")
    wanted = json.dumps({name: getattr(arguments, name) for name in names})
    subprocess.run([sys.executable, str(KIYAS), "prepare", str(arguments.out), wanted], check=True)
    prepared: dict[str, Any] = json.loads(
        (arguments.out / "prepared.json").read_text(encoding="utf-8")
    )
    return prepared


def make_tools(arguments: argparse.Namespace, failed: dict[str, str]) -> list[Tool]:
    """Return kiyas and every peer that can be installed."""
    here = Path(sys.executable)
    tools = [Tool("kiyas", here)]
    for peer in filter(None, arguments.peers.split(",")):
        try:
            if peer == "trainer":
                python = here
            elif peer.startswith("trl"):
                python = environment_of("trl", arguments.environments, borrows=True)
            else:
                python = environment_of(peer, arguments.environments)
        except subprocess.CalledProcessError as error:
            failed[peer] = f"its environment cannot be made: exit code {error.returncode}"
        else:
            tools.append(Tool(peer, python))
    return tools


def run_tool(arguments: argparse.Namespace, tool: Tool, dtype: str, steps: int) -> Measured:
    """Train once, in a process of its own."""
    folder = arguments.out
    prepared = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    prepared["train"]["max_steps"] = steps
    work, out = folder / f"{tool.name}-work.json", folder / f"{tool.name}.json"
    work.write_text(json.dumps({**prepared, "dtype": dtype}), encoding="utf-8")
    out.unlink(missing_ok=True)
    act = [str(KIYAS), "train"] if tool.name == "kiyas" else [str(PEER), tool.name]
    seconds, peak = timed([str(tool.python), *act, str(work), str(out)])
    return Measured(seconds, peak, **json.loads(out.read_text(encoding="utf-8")))


def best_dtype(arguments: argparse.Namespace, tool: Tool, dtypes: list[str]) -> str:
    """Return the precision in which a tool's first step is fastest."""
    if len(dtypes) == 1:
        return dtypes[0]
    seconds = {dtype: run_tool(arguments, tool, dtype, 1).step_s[0] for dtype in dtypes}
    print(f"{tool.name}, seconds of the first step: {seconds}", file=sys.stderr)
    return min(dtypes, key=lambda dtype: seconds[dtype])


def measure(
    arguments: argparse.Namespace, dtypes: list[str]
) -> tuple[dict[str, str], dict[str, list[Measured]], dict[str, str]]:
    """Return each tool's precision and its runs, and what failed.

    Raises:
        subprocess.CalledProcessError: kiyas itself failed.
    """
    failed: dict[str, str] = {}
    tools = make_tools(arguments, failed)
    chosen: dict[str, str] = {}
    runs: dict[str, list[Measured]] = {tool.name: [] for tool in tools}
    for number in range(arguments.rounds):
        order = [tool for tool in tools if tool.name not in failed]
        random.Random(number).shuffle(order)
        for tool in order:
            try:
                if tool.name not in chosen:
                    chosen[tool.name] = best_dtype(arguments, tool, dtypes)
                run = run_tool(arguments, tool, chosen[tool.name], arguments.steps)
            except subprocess.CalledProcessError as error:
                if tool.name == "kiyas":
                    raise
                failed[tool.name] = f"ended with exit code {error.returncode}"
                continue
            runs[tool.name].append(run)
            spent = f"{sum(run.step_s):.1f} s of steps"
            print(f"round {number + 1}, {tool.name}: {spent}", file=sys.stderr, flush=True)
    found = {name: taken for name, taken in runs.items() if taken and name not in failed}
    return chosen, found, failed


def summarise(name: str, runs: dict[str, list[Measured]]) -> dict[str, Any]:
    """Return a tool's medians over the rounds and its ratios to the reference in each round."""
    own, first = runs[name], runs[name][0]
    reference = runs.get(REFERENCE)
    ratios = None
    if reference is not None:
        ratios = [
            mine.examples_per_s / its.examples_per_s
            for mine, its in zip(own, reference, strict=True)
        ]
    same_rows = name != "trl-packed"
    ours = runs["kiyas"][0].losses
    return {
        "name": name,
        "examples_per_s": statistics.median(run.examples_per_s for run in own),
        "trained_tokens_per_s": statistics.median(run.trained_tokens_per_s for run in own),
        "ratios": ratios,
        "peak_mib": max(run.peak_mib for run in own),
        "wall_s": statistics.median(run.wall_s for run in own),
        "loss_at_end": first.losses[-1],
        # The largest distance of a step's loss from that of kiyas on the same rows.
        "loss_difference": max(
            abs(mine - its) / its for mine, its in zip(first.losses, ours, strict=True)
        )
        if same_rows
        else None,
        "runs": [asdict(run) for run in own],
    }


def report(arguments: argparse.Namespace) -> dict[str, Any]:
    """Prepare, measure, and return everything with the ratios to TRL."""
    prepared = prepare(arguments)
    dtypes = [prepared["best_dtype"]] if arguments.dtypes == ["auto"] else arguments.dtypes
    chosen, runs, failed = measure(arguments, dtypes)
    return {
        "study": arguments.study,
        "base": prepared["base_name"],
        "data": prepared["data"],
        "num_rows": len(prepared["rows"]),
        "lora": prepared["lora"],
        "train": prepared["train"],
        "rounds": arguments.rounds,
        "dtypes": chosen,
        "processors": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg(),
        "rows": [summarise(name, runs) for name in runs],
        "failed": failed,
    }


def to_markdown(result: dict[str, Any]) -> str:
    """Return the table."""
    heads = ["tool", "examples/s", f"times {REFERENCE} [least, most]", "trained tokens/s"]
    heads += ["peak MiB", "wall clock, s", "loss of the last step", "loss curve beside kiyas's"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in result["rows"]:
        ratio, apart = "–", "–"
        if row["ratios"] is not None:
            least, most = min(row["ratios"]), max(row["ratios"])
            ratio = f"{statistics.median(row['ratios']):.2f} [{least:.2f}, {most:.2f}]"
        if row["loss_difference"] is not None:
            apart = f"within {100 * row['loss_difference']:.2g} %"
        lines.append(
            f"| {row['name']} ({result['dtypes'][row['name']]}) | {row['examples_per_s']:.2f} "
            f"| {ratio} | {row['trained_tokens_per_s']:.0f} | {row['peak_mib']} "
            f"| {row['wall_s']:.0f} | {row['loss_at_end']:.4f} | {apart} |"
        )
    dashes = " | –" * (len(heads) - 2)
    lines += [f"| {name}{dashes} | {why} |" for name, why in result["failed"].items()]
    train, lora = result["train"], result["lora"]
    footing = (
        f"{result['base']} on {result['num_rows']} rows of {result['data']}, LoRA of rank "
        f"{lora['rank']}, dropout {lora['dropout']}, {train['batch_size']} x "
        f"{train['gradient_accumulation_steps']}, {train['max_steps']} steps, medians of "
        f"{result['rounds']} rounds, {result['processors']} processors. Examples and tokens a "
        "second of the steps alone; the wall clock holds starting, loading and preparing too."
    )
    return "\n".join([*lines, "", footing]) + "\n"


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--study", default=str(ROOT / "studies" / "codegen-cot-small.yaml"))
    parser.add_argument("--steps", type=int, default=5, help="optimiser steps")
    parser.add_argument("--examples", type=int, default=None, help="rows; all if not given")
    parser.add_argument("--dropout", type=float, default=None, help="the study's if not given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtypes", nargs="+", default=["auto"], metavar="DTYPE")
    parser.add_argument("--peers", default=",".join(PEERS), help="by comma; trl-shipped is another")
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--environments", type=Path, default=Path("build/peers"))
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    arguments.environments = arguments.environments.resolve()
    return arguments


def main() -> None:
    """Measure, print the table."""
    arguments = parse()
    result = report(arguments)
    text = json.dumps(result, indent=2) + "\n"
    (arguments.out / "training.json").write_text(text, encoding="utf-8")
    table = to_markdown(result)
    (arguments.out / "training.md").write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
