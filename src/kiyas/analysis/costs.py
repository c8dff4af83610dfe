"""What was recorded of each trial's stages -> costs by trial, by arm and of the whole study.

A sum of which one part is unknown is unknown. Energy is an estimate: the watts that the study gives
for the machine, times the seconds. Measures nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kiyas.records.costs import Cost, CostFindings, Stage, StageCosts

_STAGES: tuple[Stage, ...] = ("training", "search", "decoding", "prediction", "scoring", "audit")
_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Work:
    """What was recorded of some work."""

    seconds: float | None
    """Wall seconds; None if they were not recorded."""
    num_tokens: int | None = None
    """Tokens trained or generated; None where they are not counted."""
    timed_seconds: float | None = None
    """Seconds of what was worked out here and not taken from a cache; None if unknown."""
    num_timed_tokens: int | None = None
    """Tokens of it; None if unknown."""


@dataclass(frozen=True)
class TrialWork:
    """What was recorded of one trial, or of an untrained base."""

    trial: str
    """Name of the trial or base; empty for points of a search."""
    arm: str
    """Name of its arm; empty for a base."""
    stages: Mapping[Stage, Sequence[Work]]
    """Pieces of work by stage."""
    num_trials: int = 1
    """Trials that are counted here."""
    peak_bytes: int | None = None
    """Peak of memory in training, if it was measured."""


def sum_up_costs(trials: Sequence[TrialWork], power_w: float | None) -> CostFindings:
    """Return what each trial, each arm and the whole study took.

    Args:
        trials: What was recorded of every base and trial.
        power_w: Watts that the machine draws at work; None if they are not known.
    """
    arms = dict.fromkeys(item.arm for item in trials if item.arm)
    return CostFindings(
        trials=tuple(_add_up([item], power_w, arm=item.arm, trial=item.trial) for item in trials),
        arms=tuple(
            _add_up([item for item in trials if item.arm == arm], power_w, arm=arm) for arm in arms
        ),
        study=_add_up(trials, power_w),
        power_w=power_w,
    )


def _add_up(
    trials: Sequence[TrialWork], power_w: float | None, *, arm: str = "", trial: str = ""
) -> StageCosts:
    stages: dict[Stage, Cost] = {}
    for stage in _STAGES:
        works = [work for item in trials for work in item.stages.get(stage, ())]
        if works:
            stages[stage] = _cost_of(works, power_w)
    seconds = _sum(cost.seconds for cost in stages.values())
    peaks = [item.peak_bytes for item in trials if item.peak_bytes is not None]
    return StageCosts(
        arm=arm,
        trial=trial,
        num_trials=sum(item.num_trials for item in trials),
        stages=stages,
        total=Cost(seconds, energy_wh=_energy(seconds, power_w)),
        peak_bytes=max(peaks, default=None),
    )


def _cost_of(works: Sequence[Work], power_w: float | None) -> Cost:
    seconds = _sum(work.seconds for work in works)
    num_tokens = _sum(work.num_tokens for work in works)
    timed, tokens = _sum(w.timed_seconds for w in works), _sum(w.num_timed_tokens for w in works)
    return Cost(
        seconds=seconds,
        num_tokens=None if num_tokens is None else int(num_tokens),
        tokens_per_s=tokens / timed if timed and tokens else None,
        energy_wh=_energy(seconds, power_w),
    )


def _energy(seconds: float | None, power_w: float | None) -> float | None:
    return None if seconds is None or power_w is None else power_w * seconds / _SECONDS_AN_HOUR


def _sum(values: Iterable[float | None]) -> float | None:
    """Return the sum; None if a value is unknown or there is none."""
    known = list(values)
    whole = [value for value in known if value is not None]
    return sum(whole) if known and len(whole) == len(known) else None
