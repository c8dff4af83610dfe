import dataclasses

from kiyas.analysis import Setting, weigh_noise
from kiyas.analysis.decoding_noise import state_noise
from kiyas.records.determinism import DeterminismProbe

SETTING = Setting("study", "own", 8, 1, "chat", "strong", 0.95, 1, 0)
PROBE = DeterminismProbe("transformers", "bfloat16", 8, 6, (), 7)


def test_shares_of_equal_texts_and_verdicts_have_intervals():
    noise = weigh_noise(PROBE, "base/small/step-0", SETTING)
    assert (noise.equal_texts.k, noise.equal_texts.n) == (6, 8)
    assert (noise.equal_verdicts.k, noise.equal_verdicts.n) == (7, 8)
    # Wilson at 95 %, k = 7, n = 8: Brown, Cai & DasGupta 2001, equation 4
    assert round(noise.equal_verdicts.ci_low, 4) == 0.5291
    assert round(noise.equal_verdicts.ci_high, 4) == 0.9776


def test_a_verdict_that_changes_with_the_batch_is_warned_of():
    [finding] = state_noise(weigh_noise(PROBE, "base/small/step-0", SETTING))
    assert finding.severity == "warning"
    assert finding.numbers == {"k": 1, "n": 8}
    assert "12.5 points" in finding.text  # one of eight


def test_texts_that_change_no_verdict_are_not_warned_of():
    probe = dataclasses.replace(PROBE, num_equal_verdicts=8)
    assert list(state_noise(weigh_noise(probe, "base", SETTING))) == []


def test_texts_that_are_not_judged_have_no_share_of_verdicts():
    probe = dataclasses.replace(PROBE, num_equal_verdicts=None)
    noise = weigh_noise(probe, "base", SETTING)
    assert noise.equal_verdicts is None
    assert list(state_noise(noise)) == []
