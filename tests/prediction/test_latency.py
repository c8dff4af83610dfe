"""Latency is told with an interval, and equal arms are not told apart."""

import time

import numpy as np
import pytest

from kiyas.config.classification import LatencySettings
from kiyas.execution import Progress
from kiyas.prediction.latency import measure_latency
from kiyas.prediction.probabilities import Predictor

TEXTS = [f"text {'x' * number}" for number in range(40)]
SETTINGS = LatencySettings(num_inputs=12, num_rounds=3, num_warmup=2, batch_size=4)


class Sleeper(Predictor):
    """Takes a known time and remembers what it was asked."""

    def __init__(self, seconds):
        object.__setattr__(self, "seconds", seconds)
        object.__setattr__(self, "calls", [])

    dtype, device, classifier = "float32", "cpu", None

    def predict_probabilities(self, texts):
        self.calls.append(tuple(texts))
        time.sleep(self.seconds)
        return np.zeros((len(texts), 2))

    def merged(self):
        return self


def measure(arms, **changes):
    return measure_latency(arms, TEXTS, SETTINGS.model_copy(update=changes), Progress())


def test_an_arm_that_takes_twice_as_long_is_slower():
    report = measure({"slow": Sleeper(0.004), "fast": Sleeper(0.002)})
    for ratio in report.ratios:
        assert ratio.verdict == "slower"
        assert ratio.ci_low <= ratio.ratio <= ratio.ci_high
        assert 1.3 < ratio.ratio < 2.3  # sleeping has an overhead of its own


def test_the_interval_of_an_arm_against_itself_holds_one(monkeypatch):
    # Times of a known distribution in place of a clock: no true difference.
    draws = np.random.default_rng(0)
    monkeypatch.setattr("kiyas.prediction.latency._call", lambda *_: float(draws.lognormal(0, 0.2)))
    report = measure({"one": Sleeper(0), "other": Sleeper(0)}, num_inputs=40)
    single = next(ratio for ratio in report.ratios if ratio.batch_size == 1)
    assert single.verdict == "no difference detected"
    assert single.ci_low < 1 < single.ci_high


def test_all_arms_get_the_same_inputs_as_often():
    arms = {"one": Sleeper(0), "other": Sleeper(0)}
    measure(arms)
    asked = [sorted(arm.calls) for arm in arms.values()]
    assert asked[0] == asked[1]
    singles = [call for call in asked[0] if len(call) == 1]
    assert len(singles) == 12 * 3 + 2  # inputs x rounds, and the warm-up


def test_the_warm_up_is_not_in_the_figures():
    report = measure({"one": Sleeper(0)})
    assert report.figures[0].num_calls == 12 * 3


@pytest.mark.parametrize("batch_size", [1, 4])
def test_figures_are_told_for_batch_one_and_the_throughput_batch(batch_size):
    report = measure({"one": Sleeper(0.002)})
    [figures] = [item for item in report.figures if item.batch_size == batch_size]
    assert figures.median_ms >= 2
    assert figures.p95_ms >= figures.median_ms
    assert figures.texts_per_s == pytest.approx(1e3 * batch_size / figures.median_ms)
