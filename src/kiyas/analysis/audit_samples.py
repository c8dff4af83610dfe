"""Verdicts of files under every extraction rule -> what their scores support.

One matrix, k/n in each cell; an alarm where the score of a file depends on the rule by more than
noise, or lies far from what was published; all pairs of files, corrected together; the selection
bias of the best file. Judges no code and reads no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from kiyas.analysis.comparison import compare_all, compare_files
from kiyas.analysis.file_scores import pass_rate, shares_by_problem, summarise_file
from kiyas.analysis.published import check_published
from kiyas.analysis.wording import counts_text
from kiyas.records import Finding
from kiyas.records.file_audit import RuleCell, SamplesAudit
from kiyas.records.files import FileComparison, FileSummary, ScoreFile
from kiyas.records.taxonomy import PASSED, UNSCORED
from kiyas.statistics import correct_best, holm

ARTIFACT = "extraction_artifact"
"""Outcome of a sample that fails as it was read, and passes under another extraction rule."""

TRUNCATION_SHARE = 0.1
"""From this share of samples cut at the token limit a score tests the budget as well."""

ByRule = Mapping[str, ScoreFile]
"""Verdicts of one file by extraction rule; the first rule is the one it was made for."""

_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}


def audit_samples(
    files: Sequence[ByRule],
    *,
    models: Mapping[str, str] | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> SamplesAudit:
    """Say what the scores of one benchmark support.

    Args:
        files: Each file's verdicts by rule; one rule where only verdicts are at hand.
        models: Name of the model by name of the file, for published scores; the file's own name
            where it is not given.
        alpha: Level of every verdict, and one minus that of every interval.
        seed: Seed of every resampling.
    """
    confidence = 1 - alpha
    main = [next(iter(by_rule.values())) for by_rule in files]
    summaries = tuple(
        summarise_file(file, confidence, _relabelled(by_rule))
        for file, by_rule in zip(main, files, strict=True)
    )
    matrix = tuple(
        RuleCell(file.name, rule, pass_rate(file, confidence))
        for by_rule in files
        if len(by_rule) > 1
        for rule, file in by_rule.items()
    )
    comparisons = compare_all(main, alpha=alpha, seed=seed)
    findings = [
        *(f for by_rule in files for f in _of_rules(by_rule, alpha, seed)),
        *_of_published(summaries, models or {}),
        *_of_files(main),
        *(f for summary in summaries for f in _of_summary(summary)),
        *_of_unknown_ends(summaries),
        *_of_strangers(main),
        *_of_comparisons(comparisons),
        *_of_best(main, seed),
    ]
    return SamplesAudit(
        benchmark=", ".join(dict.fromkeys(s.benchmark for s in summaries if s.benchmark)),
        num_problems=main[0].num_problems,
        isolation=", ".join(dict.fromkeys(s.isolation for s in summaries if s.isolation)),
        confidence=confidence,
        summaries=summaries,
        matrix=matrix,
        comparisons=comparisons,
        findings=tuple(sorted(findings, key=lambda finding: _LOUDNESS[finding.severity])),
    )


def _relabelled(by_rule: ByRule) -> dict[str, int]:
    """Return outcomes in which a failure that another rule turns into a pass is an artifact."""
    main, *others = by_rule.values()
    passed = {(s.task_id, s.sample) for file in others for s in file.scores if s.passed}
    outcomes = (
        ARTIFACT
        if s.outcome not in (PASSED, UNSCORED) and (s.task_id, s.sample) in passed
        else s.outcome
        for s in main.scores
    )
    return dict(Counter(outcomes))


def _of_rules(by_rule: ByRule, alpha: float, seed: int) -> Iterator[Finding]:
    """Compare the rule that the file was made for with every other, on identical texts."""
    if len(by_rule) < 2:
        return
    (rule, main), *others = by_rule.items()
    compared = [compare_files(file, main, alpha=alpha, seed=seed) for _, file in others]
    adjusted = holm([1.0 if item.p_value is None else item.p_value for item in compared])
    apart = [
        (name, item, float(p))
        for (name, _), item, p in zip(others, compared, adjusted, strict=True)
        if p <= alpha and item.difference
    ]
    own = pass_rate(main, 1 - alpha)
    better = max(
        (entry for entry in apart if (entry[1].difference or 0) > 0),
        key=lambda entry: entry[1].difference or 0,
        default=None,
    )
    if better is not None:
        other = pass_rate(by_rule[better[0]], 1 - alpha)
        yield Finding(
            "extraction-artifact",
            "alarm",
            f"{main.name}: the score depends on how the code is taken out of the same texts: "
            f"{counts_text(own)} {rule}, {counts_text(other)} {better[0]} (p = {better[2]:.1g}, "
            f"corrected for {len(others)} rules). {_cause(better[0])} What is measured is the form "
            "of the answer, so that a gain over this score may be a gain in form.",
            {"k": own.k, "k_other": other.k, "n": own.n, "rule": better[0], "p_value": better[2]},
        )
    # A harness may read in any of these ways, but none puts white space back.
    worse = [e for e in apart if (e[1].difference or 0) < 0 and e[0] != "indent-restored"]
    if worse:
        lowest = min(worse, key=lambda entry: entry[1].difference or 0)
        other = pass_rate(by_rule[lowest[0]], 1 - alpha)
        yield Finding(
            "harness-sensitivity",
            "note",
            f"{main.name}: a harness that reads the same texts by the rule {lowest[0]} would "
            f"report {counts_text(other)} instead of {counts_text(own)}.",
            {"k": own.k, "k_other": other.k, "n": own.n, "rule": lowest[0]},
        )


def _cause(rule: str) -> str:
    if rule == "indent-restored":
        return "The leading white space of the completions was stripped before they were written."
    if "fence" in rule or rule in ("after-thinking", "validated"):
        return "The answers hold good code that the reading misses."
    return "The reading itself breaks good code."


def _of_published(summaries: Sequence[FileSummary], models: Mapping[str, str]) -> Iterator[Finding]:
    for summary in summaries:
        model = models.get(summary.name, summary.name)
        finding = check_published(summary.name, summary.benchmark, model, summary.pass_at_1)
        if finding is not None:
            yield finding


def _of_files(files: Sequence[ScoreFile]) -> Iterator[Finding]:
    for file in files:
        for fault in file.faults:
            yield Finding(fault.kind, fault.severity, f"{file.name}: {fault.text}")


def _of_strangers(files: Sequence[ScoreFile]) -> Iterator[Finding]:
    tasks = [shares_by_problem(file).keys() for file in files]
    for i, j in combinations(range(len(files)), 2):
        if tasks[i].isdisjoint(tasks[j]):
            yield Finding(
                "no-shared-problem",
                "alarm",
                f"{files[i].name} and {files[j].name} share no problem, so that they are not "
                "compared.",
            )


def _of_summary(summary: FileSummary) -> Iterator[Finding]:
    if summary.num_unscored:
        yield Finding(
            "incomplete",
            "alarm",
            f"{summary.name}: {summary.num_unscored} samples could not be judged because the cage "
            "failed; they are in no count. Give the command again.",
            {"num_unscored": summary.num_unscored},
        )
    unsupported = summary.outcomes.get("unsupported", 0)
    if unsupported:
        yield Finding(
            "unsupported",
            "warning",
            f"{summary.name}: {unsupported} samples need a package or a value that the cage does "
            "not pass; they count as failures.",
            {"num_unsupported": unsupported},
        )
    cut = summary.truncated
    if cut is not None and cut.estimate is not None and cut.estimate >= TRUNCATION_SHARE:
        yield Finding(
            "truncation",
            "warning",
            f"{summary.name}: {counts_text(cut)} of the samples ended at the token limit; the "
            "score tests the budget as well as the model.",
            {"k": cut.k, "n": cut.n},
        )


def _of_unknown_ends(summaries: Sequence[FileSummary]) -> Iterator[Finding]:
    silent = sum(summary.truncated is None for summary in summaries)
    if silent:
        text = (
            f"{silent} of {len(summaries)} files do not say how many samples ended at the token "
            "limit; whether their scores test the budget cannot be known."
        )
        yield Finding("truncation", "note", text, {"num_silent": silent})


def _of_comparisons(comparisons: Sequence[FileComparison]) -> Iterator[Finding]:
    if not comparisons:
        return
    apart = [item for item in comparisons if item.verdict in ("better", "worse")]
    alike = [item for item in comparisons if item not in apart]
    seen = [i.smallest_detectable for i in alike if i.smallest_detectable is not None]
    text = f"{len(apart)} of {len(comparisons)} pairs of files can be told apart"
    if comparisons[0].family != "one comparison":
        text += f" (corrected for {comparisons[0].family})"
    if seen and len(seen) == len(alike):  # each of them would have seen it
        text += f"; of the others, {100 * max(seen):.1f} points or more would have been seen"
    yield Finding(
        "comparisons",
        "note",
        text + ". With one training seed behind a file, a difference is one between these weights, "
        "never between the methods that made them.",
        {"num_apart": len(apart), "num_comparisons": len(comparisons)},
    )


def _of_best(files: Sequence[ScoreFile], seed: int) -> Iterator[Finding]:
    tables = [shares_by_problem(file) for file in files]
    tasks = sorted(set.intersection(*(set(table) for table in tables)))
    if len(files) < 2 or len(tasks) < 2:
        return
    scores = np.array([[table[task] for task in tasks] for table in tables])
    if not scores.any():
        return
    chosen = correct_best(scores, seed)
    corrected = chosen.corrected
    if corrected.estimate is None:
        return
    yield Finding(
        "best-of-files",
        "warning" if chosen.expected_inflation >= 0.01 else "note",
        f"{files[chosen.best].name} is the best of {len(files)} files, chosen on the test set "
        f"itself: {100 * chosen.observed:.1f} % as observed, {100 * corrected.estimate:.1f} % "
        "after repeated split-half correction. The best of as many equal files would look "
        f"{100 * chosen.expected_inflation:.1f} points better than it is.",
        {
            "observed": chosen.observed,
            "corrected": corrected.estimate,
            "expected_inflation": chosen.expected_inflation,
            "num_files": len(files),
        },
    )
