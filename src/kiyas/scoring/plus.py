"""A plus benchmark -> a ``Benchmark`` whose tests compare with the reference's own outputs.

The reference solutions run in the cage like any other program; what they return is written down by
the judge, once for each file, and kept in the user's cache. Does not score anything.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kiyas import sandbox
from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Problem
from kiyas.sandbox.codec import flatten
from kiyas.scoring.code import Judge
from kiyas.scoring.plus_oracle import (
    ORACLE_VERSION,
    comparing_test,
    recording_test,
    rule_of,
)

PLUS_LIMITS = sandbox.Limits(wall_s=62.0, memory_bytes=4 * 2**30)
"""What EvalPlus allows: a minute for all calls (each has its own limit), 4 GiB."""

Outputs = dict[str, dict[str, Any]]
"""By task id: ``base``, ``plus`` (flattened outputs), ``base_s``, ``plus_s`` (seconds)."""


class HasInputs(Protocol):
    """A problem of a plus benchmark, as ``data.plus_benchmarks`` reads it."""

    @property
    def task_id(self) -> str:
        """Name in the benchmark."""

    @property
    def prompt(self) -> str:
        """What the model is shown."""

    @property
    def entry_point(self) -> str:
        """Name of the function that is called."""

    @property
    def canonical_solution(self) -> str:
        """Continuation of the prompt whose outputs are the truth."""

    @property
    def base_inputs(self) -> Sequence[Any]:
        """Arguments of the original calls."""

    @property
    def plus_inputs(self) -> Sequence[Any]:
        """Arguments of the added calls."""

    @property
    def atol(self) -> float:
        """Absolute tolerance."""


class HasProblems(Protocol):
    """A plus benchmark, as ``data.plus_benchmarks`` reads it."""

    @property
    def name(self) -> str:
        """Name of the benchmark."""

    @property
    def family(self) -> str:
        """``humaneval`` or ``mbpp``."""

    @property
    def problems(self) -> Sequence[HasInputs]:
        """All problems."""

    @property
    def sha256(self) -> str:
        """Hash of the file."""


@dataclass(frozen=True)
class PlusTests:
    """A plus benchmark that the cage can judge."""

    benchmark: Benchmark
    """The problems, each with a test that compares outputs."""
    num_base_inputs: Mapping[str, int]
    """Calls of the base part by task id; they come first."""


def prepare_plus(plus: HasProblems, cage: Judge, cache_folder: Path | None = None) -> PlusTests:
    """Return the benchmark with its tests, computing the expected outputs where they are not kept.

    Args:
        plus: The problems with their inputs.
        cage: Where the reference solutions run; made with ``PLUS_LIMITS``.
        cache_folder: Where outputs are kept; the user's cache if None.

    Raises:
        ScoringError: A reference solution does not run to its end; the message names them.
    """
    folder = default_cache_folder() if cache_folder is None else cache_folder
    path = folder / f"plus-outputs-{plus.sha256[:32]}-{ORACLE_VERSION}.json.gz"
    inputs = {
        problem.task_id: {
            "base": flatten(list(problem.base_inputs)),
            "plus": flatten(list(problem.plus_inputs)),
        }
        for problem in plus.problems
    }
    outputs = _read_cache(path)
    if outputs is None or outputs.keys() != inputs.keys():
        outputs = _record_outputs(plus, inputs, cage)
        _write_cache(path, outputs)
    problems = tuple(
        Problem(
            task_id=problem.task_id,
            prompt=problem.prompt,
            entry_point=problem.entry_point,
            test=comparing_test(
                inputs[problem.task_id],
                outputs[problem.task_id],
                rule_of(plus.family, problem.entry_point),
                problem.atol,
            ),
            canonical_solution=problem.canonical_solution,
        )
        for problem in plus.problems
    )
    num_base = {problem.task_id: len(problem.base_inputs) for problem in plus.problems}
    return PlusTests(Benchmark(plus.name, problems, plus.sha256), num_base)


def default_cache_folder() -> Path:
    """Return the folder of kiyas in the user's cache, which may not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "kiyas"


def _record_outputs(
    plus: HasProblems, inputs: Mapping[str, Mapping[str, Any]], cage: Judge
) -> Outputs:
    outputs: Outputs = {}
    faults: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="kiyas-plus-") as folder:
        jobs = []
        for index, problem in enumerate(plus.problems):
            path = str(Path(folder) / f"{index}.json")
            rule = rule_of(plus.family, problem.entry_point)
            jobs.append(
                (
                    str(index),
                    sandbox.Problem(
                        task_id=problem.task_id,
                        prompt=problem.prompt,
                        entry_point=problem.entry_point,
                        test=recording_test(inputs[problem.task_id], path, rule),
                    ),
                    problem.prompt + problem.canonical_solution,
                )
            )
        try:
            for index, verdict in cage.judge(jobs):
                if verdict.outcome == "passed":
                    text = (Path(folder) / f"{index}.json").read_text(encoding="utf-8")
                    outputs[verdict.task_id] = json.loads(text)
                else:
                    faults[verdict.task_id] = f"{verdict.outcome}: {verdict.detail}"
        except sandbox.SandboxError as error:
            raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error
    if faults:
        shown = "; ".join(f"{task} ({fault[:80]})" for task, fault in list(faults.items())[:10])
        raise ScoringError(
            "reference solutions do not run, so that no score of this machine can be trusted",
            where=f"benchmark {plus.name}, isolation {cage.isolation.name}",
            received=f"{len(outputs)}/{len(plus.problems)} run; not: {shown}",
            expected=f"{len(plus.problems)}/{len(plus.problems)}",
            next_step="check the benchmark file; if the machine is busy, try again",
        )
    return {problem.task_id: outputs[problem.task_id] for problem in plus.problems}


def _read_cache(path: Path) -> Outputs | None:
    """Return the outputs kept in a file; None if there are none, or they cannot be read."""
    try:
        loaded: Outputs = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError):
        return None
    return loaded


def _write_cache(path: Path, outputs: Outputs) -> None:
    """Keep the outputs; a cache that cannot be written costs time at the next call, no more."""
    content = gzip.compress(json.dumps(outputs, separators=(",", ":")).encode("ascii"), 6)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
