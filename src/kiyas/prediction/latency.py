"""Predictors of all arms on the same texts -> how long each takes, and whether they differ.

Warm-up first; then, input by input, every arm in a random order, so that a drift of the machine
meets all arms alike. Times whole predictions: tokenising, forward pass, probabilities. Speaks of
this machine, this precision and these inputs only.

Source of the ratio: Hodges & Lehmann 1963 (Ann Math Statist 34:598) on the log ratios.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kiyas.config.classification import LatencySettings
from kiyas.execution import Progress
from kiyas.models.classifier import Classifier
from kiyas.prediction.probabilities import Predictor
from kiyas.records.latency import LatencyFigures, LatencyRatio, LatencyReport

_NUM_RESAMPLES = 2_000

Times = NDArray[np.float64]


def measure_latency(
    predictors: Mapping[str, Predictor],
    texts: Sequence[str],
    settings: LatencySettings,
    progress: Progress,
    confidence: float = 0.95,
) -> LatencyReport:
    """Time all arms side by side at batch 1 and at the throughput batch.

    Args:
        predictors: One an arm, by its name; adapters are merged here if the settings say so.
        texts: Texts to draw the inputs from, evenly spaced by length.
        settings: How often, and on how many.
        progress: What to tell the person at the keyboard.
        confidence: Level of the interval of each ratio.
    """
    ready = {
        arm: predictor.merged() if settings.merged else predictor
        for arm, predictor in predictors.items()
    }
    inputs = _evenly_spaced(texts, settings.num_inputs)
    figures: list[LatencyFigures] = []
    ratios: list[LatencyRatio] = []
    generator = np.random.default_rng(0)
    for batch_size in (1, settings.batch_size):
        batches = _batches(inputs, batch_size, settings)
        times = _time(ready, batches, settings, progress, generator)
        for arm, predictor in ready.items():
            figures.append(_summarise(arm, predictor, times[arm], batch_size, settings))
        for first, second in itertools.combinations(ready, 2):
            pair = (times[first], times[second])
            ratios.append(_compare((first, second), pair, batch_size, confidence))
    devices = sorted({predictor.device for predictor in ready.values()})
    return LatencyReport(
        figures=tuple(figures),
        ratios=tuple(ratios),
        num_warmup=settings.num_warmup,
        num_inputs=len(inputs),
        device=", ".join(devices),
        num_threads=_num_threads(ready),
    )


def _time(
    predictors: Mapping[str, Predictor],
    batches: Sequence[Sequence[str]],
    settings: LatencySettings,
    progress: Progress,
    generator: np.random.Generator,
) -> dict[str, Times]:
    """Return (rounds, inputs) seconds of each arm."""
    arms = list(predictors)
    for arm in arms:
        for number in range(settings.num_warmup):
            _call(predictors[arm], batches[number % len(batches)])
    times = {arm: np.empty((settings.num_rounds, len(batches))) for arm in arms}
    total = settings.num_rounds * len(batches)
    with progress.bar(f"latency, batch {len(batches[0])}", total) as bar:
        for round_number in range(settings.num_rounds):
            for column in generator.permutation(len(batches)).tolist():
                for position in generator.permutation(len(arms)).tolist():
                    seconds = _call(predictors[arms[position]], batches[column])
                    times[arms[position]][round_number, column] = seconds
                bar.advance()
    return times


def _call(predictor: Predictor, batch: Sequence[str]) -> float:
    """Return the seconds of one prediction; the results have left the device when it ends."""
    started = time.perf_counter()
    predictor.predict_probabilities(batch)
    return time.perf_counter() - started


def _summarise(
    arm: str, predictor: Predictor, times: Times, batch_size: int, settings: LatencySettings
) -> LatencyFigures:
    median = float(np.median(times))
    has_adapter = isinstance(predictor.classifier, Classifier)
    return LatencyFigures(
        arm=arm,
        batch_size=batch_size,
        num_calls=times.size,
        median_ms=1e3 * median,
        p95_ms=1e3 * float(np.percentile(times, 95)),
        texts_per_s=batch_size / median,
        merged=settings.merged if has_adapter else None,
        dtype=predictor.dtype,
    )


def _compare(
    arms: tuple[str, str], times: tuple[Times, Times], batch_size: int, confidence: float
) -> LatencyRatio:
    """Compare two arms by the log ratios of their times, one an input (median over the rounds)."""
    logs = np.log(np.median(times[0], axis=0) / np.median(times[1], axis=0))
    centre = _pseudo_median(logs[None, :])[0]
    low = high = None
    verdict = "no difference detected"
    if logs.size > 1:
        generator = np.random.default_rng(1)
        drawn = logs[generator.integers(0, logs.size, size=(_NUM_RESAMPLES, logs.size))]
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = (float(np.exp(x)) for x in np.quantile(_pseudo_median(drawn), tails))
        if high < 1:
            verdict = "faster"
        elif low > 1:
            verdict = "slower"
    return LatencyRatio(*arms, batch_size, float(np.exp(centre)), low, high, verdict)


def _pseudo_median(values: Times) -> Times:
    """Return the (R,) Hodges-Lehmann medians of all pairwise means of (R, N) values."""
    first, second = np.triu_indices(values.shape[1])
    return np.array([np.median((row[first] + row[second]) / 2) for row in values])


def _evenly_spaced(texts: Sequence[str], wanted: int) -> list[str]:
    ordered = sorted(texts, key=len)
    positions = np.linspace(0, len(ordered) - 1, min(wanted, len(ordered)))
    return [ordered[round(position)] for position in positions]


def _batches(inputs: Sequence[str], batch_size: int, settings: LatencySettings) -> list[list[str]]:
    """Return batches of exactly this size; the inputs are dealt round and begin anew as needed."""
    if batch_size == 1:
        return [[text] for text in inputs]
    count = settings.num_batches
    endless = itertools.cycle(np.random.default_rng(2).permutation(len(inputs)).tolist())
    return [[inputs[next(endless)] for _ in range(batch_size)] for _ in range(count)]


def _num_threads(predictors: Mapping[str, Predictor]) -> int | None:
    if not any(isinstance(item.classifier, Classifier) for item in predictors.values()):
        return None
    import torch

    return torch.get_num_threads()
