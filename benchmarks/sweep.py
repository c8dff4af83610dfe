"""A sweep of checkpoints: kiyas beside its peers, in one run: python benchmarks/sweep.py [options].

Base and LoRA checkpoints answer the same HumanEval prompts greedily, with the same adapters,
precision and token limit: kiyas in one process, the peers once a checkpoint, as they are used
(lm-evaluation-harness' ``hf`` backend, plain ``generate``, EvalPlus's decoder). Wall clock with
starting and loading, peak memory as the kernel counts it, passes in the cage, and how many texts
are those of kiyas. kiyas also decodes the first LoRA checkpoint by itself, for the cost of one
more, and all of them once more with ``predict.stop_when_complete``, which no peer has. Writes
sweep.json and sweep.md.

Each peer but ``generate`` gets an environment of its own (requirements-PEER.txt), made once under
``--environments``. lm-evaluation-harness is tried at every ``--batch-sizes`` on the base, and its
best is used. A peer that cannot be installed or fails is named with its error and has no ratio.

    python benchmarks/sweep.py --problems 16 --checkpoints 1 --max-new-tokens 64      (quick)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peers import environment_of, timed

HERE = Path(__file__).parent
KIYAS, PEER = HERE / "sweep_kiyas.py", HERE / "sweep_peer.py"
PEERS = ("lm-eval", "generate", "evalplus")


@dataclass(frozen=True)
class Measured:
    """What one tool took for the whole sweep."""

    name: str
    """The tool, with its batch size."""
    seconds: float
    """Wall clock, processes started and models loaded."""
    checkpoint_s: list[float]
    """The same for each process: one for kiyas, one a checkpoint for a peer."""
    load_s: list[float]
    """Seconds of loading in each process, as it counts itself."""
    num_tokens: int
    """Tokens decoded."""
    peak_mib: int
    """Largest resident memory of a process."""
    texts: list[list[str]]
    """Answers by checkpoint and problem."""


@dataclass(frozen=True)
class Sweep:
    """What everybody decodes."""

    folder: Path
    """Where work and results are."""
    base: str
    """The base's folder."""
    adapters: list[str | None]
    """None for the base, then the checkpoints."""
    settings: dict[str, Any]
    """Prompts, token limit, end tokens, precision."""


def prepare(arguments: argparse.Namespace) -> Sweep:
    """Render prompts and write adapters, in a process that ends before anything is timed."""
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    names = ("base", "problems", "checkpoints", "max_new_tokens", "dtype")
    wanted = json.dumps({name: getattr(arguments, name) for name in names})
    subprocess.run([sys.executable, str(KIYAS), "prepare", str(out), wanted], check=True)
    prepared = json.loads((out / "prepared.json").read_text(encoding="utf-8"))
    return Sweep(out, prepared["base"], prepared["adapters"], prepared["settings"])


def run_kiyas(sweep: Sweep, engine: str, *steps: int, stops: bool = False) -> Measured:
    """Decode every checkpoint, or those of some places, with kiyas in one process.

    Args:
        sweep: What is decoded.
        engine: With which engine.
        steps: Places of the checkpoints; all if none is given.
        stops: Whether an answer ends behind its first whole solution.
    """
    out = sweep.folder / f"kiyas-{engine}.json"
    places = [str(step) for step in steps]
    command = [sys.executable, str(KIYAS), "decode", str(sweep.folder), engine]
    command += ["complete" if stops else "never", *places]
    seconds, peak = timed(command)
    found = json.loads(out.read_text(encoding="utf-8"))
    return Measured(
        f"kiyas ({engine}{', stops when complete' if stops else ''})",
        seconds,
        [seconds],
        [found["load_s"]],
        found["num_tokens"],
        peak,
        found["texts"],
    )


def run_peer(sweep: Sweep, peer: str, python: Path, batch_size: int) -> Measured:
    """Decode every checkpoint with a peer, one process each."""
    runs, seconds, peaks = [], [], []
    for adapter in sweep.adapters:
        result, taken, peak = peer_once(sweep, (peer, python), adapter, batch_size)
        runs.append(result)
        seconds.append(taken)
        peaks.append(peak)
    return Measured(
        peer if peer == "evalplus" else f"{peer} (batch {batch_size})",
        sum(seconds),
        seconds,
        [run["load_s"] for run in runs],
        sum(run["num_tokens"] for run in runs),
        max(peaks),
        [run["texts"] for run in runs],
    )


def peer_once(
    sweep: Sweep, peer: tuple[str, Path], adapter: str | None, batch_size: int
) -> tuple[dict[str, Any], float, int]:
    """Decode one checkpoint with a peer; return its result, wall seconds and peak memory."""
    name, python = peer
    work = {**sweep.settings, "base": sweep.base, "adapter": adapter, "batch_size": batch_size}
    work_file, out = sweep.folder / f"{name}-work.json", sweep.folder / f"{name}.json"
    work_file.write_text(json.dumps(work), encoding="utf-8")
    taken, peak = timed([str(python), str(PEER), name, str(work_file), str(out)])
    return json.loads(out.read_text(encoding="utf-8")), taken, peak


def count_passes(sweep: Sweep, texts: list[list[str]]) -> list[int]:
    """Judge every answer in the cage, in a process of its own; return passes by checkpoint."""
    (sweep.folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    command = [sys.executable, str(KIYAS), "judge", str(sweep.folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    passes: list[int] = json.loads(done.stdout)
    return passes


def best_batch_size(sweep: Sweep, python: Path, sizes: list[int]) -> int:
    """Return the batch size with which lm-evaluation-harness decodes the base fastest."""
    sizes = sorted({min(size, len(sweep.settings["prompts"])) for size in sizes})
    if len(sizes) == 1:
        return sizes[0]
    seconds = {
        size: peer_once(sweep, ("lm-eval", python), None, size)[0]["decode_s"] for size in sizes
    }
    print(f"lm-eval, seconds of the base by batch size: {seconds}", file=sys.stderr)
    return min(sizes, key=lambda size: seconds[size])


def measure(arguments: argparse.Namespace, sweep: Sweep) -> tuple[list[Measured], dict[str, str]]:
    """Run everybody; a peer that fails is left out and named with its error."""
    engines = arguments.engines.split(",")
    found = [run_kiyas(sweep, engine, stops=stops) for engine in engines for stops in (False, True)]
    failed: dict[str, str] = {}
    for peer in filter(None, arguments.peers.split(",")):
        try:
            python = Path(sys.executable)
            if peer != "generate":
                python = environment_of(peer, arguments.environments)
            size = min(arguments.generate_batch_size, len(sweep.settings["prompts"]))
            if peer == "lm-eval":
                size = best_batch_size(sweep, python, arguments.batch_sizes)
            found.append(run_peer(sweep, peer, python, size))
        except subprocess.CalledProcessError as error:
            failed[peer] = f"{Path(error.cmd[1]).name} ended with {error.returncode}"
    return found, failed


def one_more(alone: Measured, together: Measured) -> dict[str, Any]:
    """Return the cost of all checkpoints against that of one: a further one needs no loading.

    The bound of n checkpoints is (n + 0.1) time(1) - (n - 1) load. Their texts are not equally
    long: tokens stand beside the seconds.
    """
    num, load_s = len(together.texts), alone.load_s[0]
    return {
        "num_checkpoints": num,
        "seconds": together.seconds,
        "num_tokens": together.num_tokens,
        "one_seconds": alone.seconds,
        "one_num_tokens": alone.num_tokens,
        "one_load_s": load_s,
        "bound_s": (num + 0.1) * alone.seconds - (num - 1) * load_s,
    }


def report(arguments: argparse.Namespace, sweep: Sweep) -> dict[str, Any]:
    """Measure, judge, and return everything with the ratios to kiyas."""
    engine = arguments.engines.split(",")[0]
    alone = run_kiyas(sweep, engine, min(1, len(sweep.adapters) - 1))
    measured, failed = measure(arguments, sweep)
    ours = measured[0]
    rows = []
    for item in measured:
        pairs = [
            text == own
            for texts, own_texts in zip(item.texts, ours.texts, strict=True)
            for text, own in zip(texts, own_texts, strict=True)
        ]
        rows.append(
            {
                **{key: value for key, value in asdict(item).items() if key != "texts"},
                "tokens_per_s": item.num_tokens / item.seconds,
                "ratio": item.seconds / ours.seconds,
                "memory_ratio": ours.peak_mib / item.peak_mib,
                "num_equal_texts": sum(pairs),
                "num_texts": len(pairs),
                "passes": count_passes(sweep, item.texts),
            }
        )
    settings = {key: value for key, value in sweep.settings.items() if key != "prompts"}
    return {
        "settings": {**settings, "problems": arguments.problems, "adapters": len(sweep.adapters)},
        "processors": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg(),
        "rows": rows,
        "one_more": one_more(alone, ours),
        "failed": failed,
    }


def to_markdown(result: dict[str, Any]) -> str:
    """Return the ratio table."""
    heads = ["tool", "wall clock, s", "of it loading, s", "times kiyas", "tokens/s", "peak MiB"]
    heads += ["passes by checkpoint", "texts equal to kiyas"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * 5 + " --- | ---: |"]
    for row in result["rows"]:
        passes = ", ".join(str(count) for count in row["passes"])
        lines.append(
            f"| {row['name']} | {row['seconds']:.1f} | {sum(row['load_s']):.1f} "
            f"| {row['ratio']:.2f} | {row['tokens_per_s']:.0f} | {row['peak_mib']} | {passes} "
            f"| {row['num_equal_texts']}/{row['num_texts']} |"
        )
    lines += [f"| {name} |" + " – |" * 6 + f" {why} |" for name, why in result["failed"].items()]
    settings = result["settings"]
    footing = (
        f"{settings['problems']} problems, base and {settings['adapters'] - 1} LoRA checkpoints, "
        f"{settings['max_new_tokens']} new tokens at most, greedy, {settings['dtype']}, "
        f"{result['processors']} processors; wall clock with starting and loading."
    )
    return "\n".join([*lines, "", footing, "", cost_of_one_more(result["one_more"])]) + "\n"


def cost_of_one_more(more: dict[str, Any]) -> str:
    """Return a sentence on what ``one_more`` found."""
    num = more["num_checkpoints"]
    return (
        f"kiyas, {num} checkpoints: {more['seconds']:.1f} s, {more['num_tokens']} tokens. "
        f"The first LoRA checkpoint alone: {more['one_seconds']:.1f} s, "
        f"{more['one_num_tokens']} tokens, of it loading {more['one_load_s']:.1f} s. "
        f"{num + 0.1:.1f} × the one − {num - 1} × loading = {more['bound_s']:.1f} s; "
        f"all together take {more['seconds'] / more['bound_s']:.2f} of it."
    )


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", default="embedded:smollm2-135m-instruct")
    parser.add_argument("--problems", type=int, default=164)
    parser.add_argument("--checkpoints", type=int, default=4, help="LoRA checkpoints")
    parser.add_argument("--max-new-tokens", type=int, default=384)
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16"))
    parser.add_argument("--engines", default="transformers", help="kiyas's engines, by comma")
    parser.add_argument("--peers", default=",".join(PEERS), help="by comma")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--generate-batch-size", type=int, default=32)
    parser.add_argument("--out", type=Path, default=Path("build/sweep"))
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "kiyas-peers")
    arguments = parser.parse_args()
    arguments.out, arguments.environments = (
        arguments.out.resolve(),
        arguments.environments.resolve(),
    )
    return arguments


def main() -> None:
    """Prepare, measure, print the table."""
    arguments = parse()
    result = report(arguments, prepare(arguments))
    (arguments.out / "sweep.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    table = to_markdown(result)
    (arguments.out / "sweep.md").write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
