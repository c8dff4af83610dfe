"""Files of samples and a benchmark -> verdicts, for ``kiyas score`` and ``kiyas audit``.

Opens the cage, checks it with the reference solutions, and judges file by file. Needs no study and
no run folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kiyas.data.benchmarks import BENCHMARK_NAMES, load_benchmark
from kiyas.data.plus_benchmarks import PLUS_BENCHMARK_NAMES, load_plus_benchmark
from kiyas.data.sample_files import read_samples
from kiyas.data.suggestions import nearest
from kiyas.errors import DataError, ScoringError
from kiyas.execution import Progress
from kiyas.records import Benchmark
from kiyas.records.files import FileFault, FileScore, SampleFile, ScoreFile
from kiyas.run_folder import write_text
from kiyas.sandbox import Cage, Limits, SandboxError
from kiyas.scoring import check_canonical
from kiyas.scoring.files import AS_IS, check_rules, rules_for, score_file
from kiyas.scoring.plus import PLUS_LIMITS, PlusTests, prepare_plus

ALL_RULES = "all"
"""Ask for every rule that applies to a file."""


@dataclass(frozen=True)
class FileSetting:
    """What to judge files with."""

    benchmark: str
    """``humaneval``, ``humaneval+``, ``mbpp+``, or any name if a file is given."""
    benchmark_file: Path | None = None
    """File of the problems, where the benchmark is not installed."""
    allow_weak_isolation: bool = False
    """Whether level 1 of the cage will do."""
    packages: tuple[str, ...] = ("numpy",)
    """Installed packages that solutions may import; other harnesses have numpy at hand."""
    num_workers: int | None = None
    """Judges at work; as many as processors if None."""
    timeout_s: float | None = None
    """Seconds for a solution; the benchmark's own limit if None."""


def score_files(
    paths: Sequence[Path],
    setting: FileSetting,
    *,
    rule: str = AS_IS,
    progress: Progress | None = None,
) -> list[dict[str, ScoreFile]]:
    """Judge every file; return its verdicts by extraction rule, in the order of the samples.

    Args:
        paths: Files or folders of samples.
        setting: What to judge with.
        rule: An extraction rule, or ``ALL_RULES``; ``as-is`` comes first of them.
        progress: What to tell.

    Raises:
        DataError: A file or the benchmark cannot be read, or they do not fit each other.
        ScoringError: The cage cannot work, or reference solutions do not pass in it.
    """
    progress = progress or Progress()
    if rule != ALL_RULES:
        check_rules((rule,))
    is_plus = setting.benchmark in PLUS_BENCHMARK_NAMES
    plus = None
    if is_plus:
        plus = load_plus_benchmark(setting.benchmark, setting.benchmark_file)
        task_ids = [problem.task_id for problem in plus.problems]
    else:
        benchmark = _load(setting)
        task_ids = [problem.task_id for problem in benchmark.problems]
    files = [read_samples(path, task_ids) for path in paths]
    try:
        with Cage(
            _limits(setting, is_plus=is_plus),
            num_workers=setting.num_workers,
            packages=setting.packages,
            allow_weak=setting.allow_weak_isolation,
        ) as cage:
            if plus is not None:
                progress.say(f"{plus.name}: expected outputs of {len(plus.problems)} problems")
                tests = prepare_plus(plus, cage)
            else:
                check_canonical(benchmark, cage)
                tests = PlusTests(benchmark, {}, {})
            return [_score(file, tests, cage, rule, progress) for file in _named(files, paths)]
    except SandboxError as error:
        raise ScoringError(error.what, where="sandbox", next_step=error.next_step) from error


def write_scores(path: Path, scores: Sequence[FileScore]) -> None:
    """Write one line of JSON a verdict; whole or not at all.

    Raises:
        RunFolderError: The file cannot be written.
    """
    # A solution's words may hold lone surrogates, which UTF-8 has no form for: ASCII escapes do.
    write_text(path, "".join(json.dumps(asdict(score)) + "\n" for score in scores))


def _load(setting: FileSetting) -> Benchmark:
    if setting.benchmark_file is None and setting.benchmark not in BENCHMARK_NAMES:
        names = (*BENCHMARK_NAMES, *PLUS_BENCHMARK_NAMES)
        close = nearest(setting.benchmark, names)
        raise DataError(
            "the problems of this benchmark are not known",
            where="--benchmark",
            received=setting.benchmark,
            expected=f"{', '.join(names)}, or a name of your own with a file of problems",
            next_step=f"did you mean {close}?"
            if close
            else "give --benchmark-file PROBLEMS.jsonl as well",
        )
    return load_benchmark(setting.benchmark, path=setting.benchmark_file)


def _limits(setting: FileSetting, *, is_plus: bool) -> Limits:
    limits = PLUS_LIMITS if is_plus else Limits()
    return limits if setting.timeout_s is None else replace(limits, wall_s=setting.timeout_s)


def _named(files: Sequence[SampleFile], paths: Sequence[Path]) -> list[SampleFile]:
    """Return the files under names that tell them apart: with their folder where they have to."""
    names = [file.name for file in files]
    return [
        replace(file, name=str(Path(path.parent.name) / path.name))
        if names.count(file.name) > 1
        else file
        for file, path in zip(files, paths, strict=True)
    ]


def _score(
    file: SampleFile, tests: PlusTests, cage: Cage, rule: str, progress: Progress
) -> dict[str, ScoreFile]:
    rules = rules_for(file) if rule == ALL_RULES else (rule,)
    found: dict[str, list[FileScore]] = {name: [] for name in rules}
    title = f"scoring {file.name}"
    with progress.bar(title, len(file.samples) * len(rules)) as bar:
        for score in score_file(
            file, tests.benchmark, cage, rules=rules, num_base_inputs=tests.num_base_inputs or None
        ):
            found[score.rule].append(score)
            bar.advance()
    order = {(s.task_id, s.sample): place for place, s in enumerate(file.samples)}
    faults = (*file.faults, *_omitted(tests))
    return {
        name: ScoreFile(
            file.name,
            tuple(sorted(scores, key=lambda score: order[score.task_id, score.sample])),
            len(tests.benchmark.problems),
            faults,
        )
        for name, scores in found.items()
    }


def _omitted(tests: PlusTests) -> list[FileFault]:
    omitted = {task: count for task, count in tests.omitted.items() if count}
    if not omitted:
        return []
    names = ", ".join(f"{count} of {task}" for task, count in omitted.items())
    text = f"Some inputs are not compared, their outputs being too large to hand over: {names}."
    return [FileFault("omitted-inputs", "note", text)]
