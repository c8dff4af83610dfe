"""A study of many trials: seconds and peak memory of ``kiyas plan`` and of ``kiyas report``.

The run folder is made up, written the way the steps write theirs: 40 arms x 5 seeds x 10
checkpoints on HumanEval's 164 problems, every completion another text, verdicts that rise with the
step. The audit is off: it would decode. Each verb is a process of its own, as a user calls it;
processor seconds stand beside wall seconds, because a busy machine stretches the wall.

    python benchmarks/scale.py
    python benchmarks/scale.py --arms 4 --checkpoints 5 --profile   # where the seconds go
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from kiyas.cli import main as kiyas_main
from kiyas.config import load_study
from kiyas.execution import Progress
from kiyas.records import Checkpoint, Completion, Problem, Score
from kiyas.run_folder import RunFolder, appending_lines, hash_values, write_json, write_text
from kiyas.steps.jobs import TrialJob
from kiyas.steps.provenance import record_provenance
from kiyas.steps.run import Run, open_run
from kiyas.steps.traces import keep_traces

PLAN_S, REPORT_S = 2.0, 20.0
"""What a study of 200 trials x 10 checkpoints must keep to, in wall seconds."""

STUDY = """\
name: scale
task: code
base: {base}
benchmark: {{name: humaneval{limit}}}
seeds: {seeds}
train: {{max_steps: {steps}, checkpoints: {checkpoints}}}
audit: {{enabled: false}}
arms:
"""
ARM = "  - {{name: arm-{number}, data: {{source: rows.jsonl}}}}\n"
CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 256,
}
FAILURES = ("wrong_answer", "runtime_error", "syntax_error", "timeout", "no_code_found")
CALLS = ("sorted", "max", "sum", "len", "min", "abs", "set", "list", "tuple", "reversed")
WORDS = (
    "first we read the list and keep a counter for every value then the loop compares each pair of "
    "neighbours and returns the largest sum because the window never shrinks below two"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arms", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--checkpoints", type=int, default=10)
    parser.add_argument("--problems", type=int, help="of HumanEval; all 164 if not given")
    parser.add_argument("--profile", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = write_study(
            folder, (wanted.arms, wanted.seeds, wanted.checkpoints), wanted.problems
        )
        run_folder = write_run(study, folder / "run")
        size = f"{wanted.arms * wanted.seeds} trials x {wanted.checkpoints} checkpoints"
        for verb, limit in (("plan", PLAN_S), ("report", REPORT_S)):
            command = [verb, str(study)]
            if verb == "report":
                command += ["--run-folder", str(run_folder)]
            if wanted.profile:
                profile(command)
            else:
                print(
                    f"{verb}, {size}: {measure(command)}; limit {limit:g} s at 200 x 10", flush=True
                )
        findings = (run_folder / "findings.json").stat().st_size
        page = (run_folder / "report" / "index.html").stat().st_size
        print(f"findings.json {findings / 1e6:.1f} MB, index.html {page / 1e6:.1f} MB")


def measure(command: list[str]) -> str:
    """Run a verb in a process of its own; return what it took."""
    started = time.monotonic()
    kiyas = [sys.executable, "-m", "kiyas", *command]
    with subprocess.Popen(kiyas, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(kiyas)} ended with {process.returncode}")
    wall, processor = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    return f"{wall:.1f} s ({processor:.1f} s of processor), peak {usage.ru_maxrss / 2**20:.2f} GiB"


def profile(command: list[str]) -> None:
    """Run a verb in this process and print where the seconds go."""
    profiler = cProfile.Profile()
    sys.argv = ["kiyas", *command]
    try:
        profiler.runcall(kiyas_main)
    except SystemExit as end:
        if end.code:
            raise
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def write_study(folder: Path, size: tuple[int, int, int], num_problems: int | None) -> Path:
    """Write a study of some arms, seeds and checkpoints, with its rows and a base of no weights."""
    num_arms, num_seeds, num_checkpoints = size
    base = folder / "base"
    write_json(base / "config.json", CONFIG)
    write_text(base / "model.safetensors", "")
    with appending_lines(folder / "rows.jsonl") as lines:
        lines.append({"prompt": f"add {n}", "response": f"return x + {n}"} for n in range(200))
    steps = [10 * (index + 1) for index in range(num_checkpoints)]
    head = STUDY.format(
        base=base,
        limit="" if num_problems is None else f", limit: {num_problems}",
        seeds=list(range(num_seeds)),
        steps=steps[-1],
        checkpoints=steps,
    )
    arms = "".join(ARM.format(number=number) for number in range(num_arms))
    write_text(folder / "study.yaml", head + arms)
    return folder / "study.yaml"


def write_run(study: Path, path: Path) -> Path:
    """Write a finished run of a study with made-up completions and verdicts."""
    run = open_run(load_study(study), RunFolder(path), study.parent, Progress())
    record_provenance(run)
    for base in run.jobs.bases.values():
        prompts = {problem.task_id: problem.prompt for problem in run.benchmark.problems}
        write_json(run.folder.prompts(base, run.study.protocol), prompts)
    for job in run.jobs.trials:
        write_history(run, job)
    for number, checkpoint in enumerate(run.jobs.checkpoints):
        write_answers(run, checkpoint, random.Random(number))
    return path


def write_history(run: Run, job: TrialJob) -> None:
    rows = ["step,epoch,loss,learning_rate,tokens,seconds"]
    rows += [f"{n},{n / 50},{2 / (1 + n / 10)},1e-4,900,1.5" for n in range(1, job.num_steps + 1)]
    write_text(run.folder.trial(job.trial).history, "\n".join(rows) + "\n")


def write_answers(run: Run, checkpoint: Checkpoint, draw: random.Random) -> None:
    """Write a checkpoint's completions and verdicts; later checkpoints pass more."""
    protocol = run.study.protocol
    answers = [make_answer(problem, checkpoint, draw) for problem in run.benchmark.problems]
    with appending_lines(run.folder.samples(checkpoint, protocol)) as lines:
        lines.append(asdict(completion) for completion, _ in answers)
    with appending_lines(run.folder.scores(checkpoint, protocol)) as lines:
        lines.append(asdict(score) for _, score in answers)
    share = sum(score.passed for _, score in answers) / len(answers)
    outputs = {"sha256": hash_values(checkpoint.label), "isolation": {"name": "strong"}}
    outputs["traces"] = keep_traces(run, checkpoint, [score for _, score in answers])
    step = run.folder.judgement(checkpoint, protocol)
    step.finish({}, {**outputs, "pass_at_1": share})
    run.folder.predictions(checkpoint, protocol).finish({}, {"sha256": outputs["sha256"]})


def make_answer(
    problem: Problem, checkpoint: Checkpoint, draw: random.Random
) -> tuple[Completion, Score]:
    """Return a completion of some thinking and some code, and its verdict."""
    ease = random.Random(problem.task_id).random()
    passes = draw.random() < 0.6 * ease + 0.001 * checkpoint.step
    outcome = "passed" if passes else draw.choice(FAILURES)
    body = "".join(
        f"    total_{draw.randrange(90)} = {draw.choice(CALLS)}(values) + {draw.randrange(999)}\n"
        for _ in range(draw.randrange(3, 9))
    )
    program = f"def {problem.entry_point}(values):\n{body}    return [v for v in values if v]\n"
    text = f"<think>{' '.join(draw.choices(WORDS, k=40))}</think>\n```python\n{program}```\n"
    stopped = "length" if draw.random() < 0.05 else "stop"
    completion = Completion(
        task_id=problem.task_id,
        sample=0,
        protocol="chat",
        prompt_hash="0" * 64,
        completion=text,
        num_tokens=len(text) // 4,
        finish_reason=stopped,
        seconds=0.5,
    )
    score = Score(
        task_id=problem.task_id,
        sample=0,
        outcome=outcome,
        detail="" if passes else f"ValueError: {draw.choice(WORDS)}",
        rule="last-fence",
        program=program,
        seconds=0.01,
        isolation="strong",
        finish_reason=stopped,
        num_tokens=completion.num_tokens,
        num_calls=draw.randrange(8),
    )
    return completion, score


if __name__ == "__main__":
    main()
