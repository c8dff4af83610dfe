"""Synthetic studies whose truth is known, through the front door: what kiyas says of them.

Every study draws 164 new problems; a checkpoint passes each with a chance of its own. Seeds are
fixed; the margins of each assertion are those of the binomial at the promised rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from kiyas.analysis import AuditedCheckpoint, ScoredCheckpoint, Setting, analyse_code, audit_code
from kiyas.records import BASE_STEP, Checkpoint, CodeFindings, Score
from kiyas.records.files import FileScore
from kiyas.statistics import mcnemar_power

N = 164
BASE = Checkpoint("base/tiny", BASE_STEP)
Floats = NDArray[np.float64]
Passes = NDArray[np.bool_]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Simulated:
    """A study's findings beside the truth."""

    findings: CodeFindings
    chances: dict[str, Floats]
    """(N,) probability of passing each problem, by label of the checkpoint."""


def setting(seed: int) -> Setting:
    return Setting("s", "own", N, 1, "chat", "strong", 0.95, 1, seed)


def scores(passes: Passes) -> tuple[Score, ...]:
    return tuple(
        Score(f"t/{n}", 0, "passed" if p else "wrong_answer", "", "validated", "x", 0.1, "strong")
        for n, p in enumerate(passes.tolist())
    )


def file_scores(passes: Passes, rule: str) -> tuple[FileScore, ...]:
    return tuple(
        FileScore(f"t/{n}", 0, "passed" if p else "wrong_answer", "", 0.1, "strong", rule)
        for n, p in enumerate(passes.tolist())
    )


def checkpoint(arm: str, step: int) -> Checkpoint:
    return Checkpoint(f"{arm}/seed-0", step, arm, 0)


def simulate(
    plan: Sequence[tuple[Checkpoint, Floats]], seed: int, generator: np.random.Generator
) -> Simulated:
    """Draw the passes of every checkpoint and analyse them as a study."""
    items = [
        ScoredCheckpoint(point, BASE.label, scores(generator.random(N) < chance))
        for point, chance in plan
    ]
    return Simulated(
        analyse_code(setting(seed), items), {point.label: chance for point, chance in plan}
    )


def draw_ease(generator: np.random.Generator) -> Floats:
    """Return (N,) chances of problems that are hard, easy and in between."""
    return generator.beta(0.5, generator.uniform(0.4, 2.0), N)


def equal_studies() -> Iterator[Simulated]:
    """Yield 400 studies in which nothing is better than anything.

    One half has an arm with eight checkpoints, the other two arms with two each.
    """
    for seed in range(400):
        generator = np.random.default_rng(seed)
        arms = {"deep": 8} if seed % 2 else {"deep": 2, "wide": 2}
        points = [checkpoint(arm, step) for arm, n in arms.items() for step in range(1, n + 1)]
        ease = draw_ease(generator)
        yield simulate([(point, ease) for point in (BASE, *points)], seed, generator)


@pytest.fixture(scope="module")
def equal() -> list[Simulated]:
    return list(equal_studies())


def claims_a_difference(findings: CodeFindings) -> bool:
    return any(item.verdict in ("better", "worse") for item in findings.comparisons)


def test_of_400_equal_studies_at_most_five_percent_report_a_difference(
    equal: list[Simulated],
) -> None:
    false_alarms = sum(claims_a_difference(study.findings) for study in equal)
    assert len(equal) == 400
    assert false_alarms <= 20


def test_equal_arms_are_seldom_said_to_learn_at_different_speed(equal: list[Simulated]) -> None:
    speeds = [
        speed
        for study in equal
        if study.findings.trajectory
        for speed in study.findings.trajectory.speeds
    ]
    false_alarms = sum(speed.verdict in ("better", "worse") for speed in speeds)
    assert len(speeds) == 200
    # P(more than 18 of 200 at 5 %) is 0.5 %.
    assert false_alarms <= 18


def test_the_corrected_best_of_eight_is_within_half_a_point_of_the_truth_on_average(
    equal: list[Simulated],
) -> None:
    observed, corrected = [], []
    for study in equal[1::2]:
        assert study.findings.trajectory is not None
        (selected,) = study.findings.trajectory.selected
        truth = float(study.chances[selected.best].mean())
        assert selected.num_checkpoints == 8
        assert selected.observed.estimate is not None
        assert selected.corrected is not None
        observed.append(selected.observed.estimate - truth)
        corrected.append(selected.corrected - truth)
    assert np.mean(observed) > 0.02  # the winner's curse is there to be corrected
    assert abs(np.mean(corrected)) <= 0.005


GAIN, GAINED, LOST = 0.10, 0.14, 0.04


def studies_with_a_gain(num_studies: int = 300) -> Iterator[Simulated]:
    """Yield studies of one checkpoint that turns 14 % of the problems to passes, 4 % to failures.

    Whether the base passes a problem is drawn anew each time; which way it goes from there is the
    checkpoint's, so that the arms disagree on 18 % and the true difference is 10 points.
    """
    for seed in range(num_studies):
        generator = np.random.default_rng(10_000 + seed)
        change = generator.choice([1, -1, 0], size=N, p=[GAINED, LOST, 1 - GAINED - LOST])
        alike = generator.random(N) < 0.4
        first = np.where(change == 0, alike, change < 0).astype(np.float64)
        second = np.where(change == 0, alike, change > 0).astype(np.float64)
        yield simulate([(BASE, first), (checkpoint("deep", 1), second)], seed, generator)


@pytest.fixture(scope="module")
def gained() -> list[Simulated]:
    return list(studies_with_a_gain())


def test_a_planted_gain_of_ten_points_is_found_as_often_as_its_power_says(
    gained: list[Simulated],
) -> None:
    verdicts = [study.findings.comparisons[0].verdict for study in gained]
    power = mcnemar_power(N, GAINED + LOST, GAIN, 0.05, "exact")
    error = (power * (1 - power) / len(verdicts)) ** 0.5
    assert power > 0.8
    assert verdicts.count("better") / len(verdicts) == pytest.approx(power, abs=3 * error)
    assert verdicts.count("worse") == 0


def test_intervals_of_95_percent_cover_the_truth_94_to_96_times_in_100(
    equal: list[Simulated], gained: list[Simulated]
) -> None:
    shares, differences = [], []
    for studies, truth in ((equal, 0.0), (gained, GAIN)):
        for study in studies:
            for item in study.findings.comparisons:
                assert item.ci_low is not None
                assert item.ci_high is not None
                differences.append(item.ci_low <= truth <= item.ci_high)
    for study in wilson_studies():
        (item,) = study.findings.checkpoints
        chance = float(study.chances[BASE.label][0])
        share = item.pass_at_1
        assert share.ci_low is not None
        assert share.ci_high is not None
        shares.append(share.ci_low <= chance <= share.ci_high)
    assert 0.94 <= np.mean(differences) <= 0.96
    assert 0.94 <= np.mean(shares) <= 0.96


def wilson_studies(num_studies: int = 1500) -> Iterator[Simulated]:
    """Yield studies of a base alone, whose pass rate is anything from 2 to 98 %."""
    for seed in range(num_studies):
        generator = np.random.default_rng(20_000 + seed)
        chance = np.full(N, generator.uniform(0.02, 0.98))
        yield simulate([(BASE, chance)], seed, generator)


def audited_study(seed: int, plant: Callable[[Floats], dict[str, Floats]]) -> CodeFindings:
    """Return the findings of a study with its audit.

    Args:
        seed: Seed of everything.
        plant: Ease of the problems -> chance of the base in the study's own cell (``own``), under
            another protocol (``protocol``) and by another rule (``rule``), and of the checkpoint.
    """
    generator = np.random.default_rng(30_000 + seed)
    chances = plant(0.4 * generator.beta(0.6, 0.9, N) + 0.05)
    passes = {name: generator.random(N) < chance for name, chance in chances.items()}
    if chances["rule"] is chances["own"]:
        passes["rule"] = passes["own"]  # another reading of the same texts
    point = checkpoint("deep", 1)
    audited = [
        AuditedCheckpoint(
            BASE, BASE.label, "chat", scores(passes["own"]),
            {"last-fence": file_scores(passes["rule"], "last-fence")},
        ),
        AuditedCheckpoint(
            point, BASE.label, "chat", scores(passes["trained"]),
            {"last-fence": file_scores(passes["trained"], "last-fence")},
        ),
        AuditedCheckpoint(BASE, BASE.label, "completion", scores(passes["protocol"]), {}),
    ]  # fmt: skip
    audit = audit_code(setting(seed), audited)
    items = [ScoredCheckpoint(a.checkpoint, a.base, a.scores) for a in audited[:2]]
    return analyse_code(setting(seed), items, audit)


def alarms(findings: CodeFindings) -> set[str]:
    return {item.kind for item in findings.findings if item.severity == "alarm"}


def plant_protocol_artefact(ease: Floats) -> dict[str, Floats]:
    """The base answers well under the other protocol only; training teaches it the study's form."""
    own = 0.08 * ease
    return {"own": own, "rule": own, "protocol": ease, "trained": ease}


def plant_rule_artefact(ease: Floats) -> dict[str, Floats]:
    """The base's answers are good, and the study's rule misses them."""
    own = 0.08 * ease
    return {"own": own, "rule": ease, "protocol": own, "trained": ease}


def plant_nothing(ease: Floats) -> dict[str, Floats]:
    return {"own": ease, "rule": ease, "protocol": ease, "trained": ease}


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (plant_protocol_artefact, "protocol-dependence"),
        (plant_rule_artefact, "rule-dependence"),
    ],
)
def test_a_planted_format_artefact_is_named_in_95_of_100_studies(
    plant: Callable[[Floats], dict[str, Floats]], kind: str
) -> None:
    found = [audited_study(seed, plant) for seed in range(60)]
    assert sum(kind in alarms(findings) for findings in found) >= 57
    # The gain is real in the study's own cell, and nothing of it is ability.
    is_gain = [findings.comparisons[0].verdict == "better" for findings in found]
    assert sum(is_gain) >= 57
    assert sum("gain-split" in alarms(findings) for findings in found) >= 54


def test_where_nothing_is_planted_the_audit_is_quiet() -> None:
    found = [audited_study(seed, plant_nothing) for seed in range(80)]
    # At 5 %, 4 of 80 are expected; P(more than 9) is 0.8 %.
    assert sum(bool(alarms(findings)) for findings in found) <= 9


def test_checkpoints_that_really_rise_are_not_called_equal() -> None:
    found = []
    for seed in range(20):
        generator = np.random.default_rng(40_000 + seed)
        ease = 0.5 * draw_ease(generator)
        points = [(BASE, ease)] + [
            (checkpoint("deep", step), ease + 0.12 * step) for step in range(1, 5)
        ]
        found.append(simulate(points, seed, generator).findings)
    steps = [[item.pass_at_1.estimate or 0 for item in findings.checkpoints] for findings in found]
    assert all(last > first for first, last in ((row[0], row[-1]) for row in steps))
    assert sum(findings.comparisons[-1].verdict == "better" for findings in found) == 20
    assert np.mean([later - earlier for row in steps for earlier, later in pairwise(row)]) > 0.1
