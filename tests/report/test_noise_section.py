import pytest

from kiyas.records import Proportion
from kiyas.records.decoding_noise import DecodingNoise
from kiyas.report.noise_section import (
    describe_noise,
    explain_noise,
    make_noise_section,
    refer_to_noise,
)
from kiyas.report.parts import Gap
from kiyas.statistics import wilson


def share(k, n=8):
    interval = wilson(k, n, 0.95)
    return Proportion(k, n, interval.estimate, interval.low, interval.high)


def make_noise(texts, verdicts):
    equal = None if verdicts is None else share(verdicts)
    return DecodingNoise("base/small/step-0", "transformers", "bfloat16", share(texts), equal)


def test_both_shares_stand_with_counts_and_interval_and_link_to_their_method(english):
    noise = make_noise(6, 7)
    [table] = make_noise_section(noise, english).blocks
    texts, verdicts = table.rows
    assert texts[1].text.startswith("6/8 (75.0 %) [")
    assert verdicts[1].text.startswith("7/8 (87.5 %) [")
    assert "base/small/step-0, decoded by transformers in bfloat16" in table.note
    [method] = explain_noise(noise, english.catalogue)
    assert table.columns[1].method == method.name


def test_a_changed_verdict_is_the_size_of_difference_that_says_nothing(english, turkish):
    assert "12.5 points" in describe_noise(make_noise(6, 7), english)
    assert "12,5 puan" in describe_noise(make_noise(6, 7), turkish)


@pytest.mark.parametrize(
    ("texts", "begins"), [(8, "The batch changes none"), (6, "The batch changes some")]
)
def test_no_changed_verdict_leaves_room_for_what_few_problems_cannot_show(english, texts, begins):
    said = describe_noise(make_noise(texts, 8), english)
    assert said.startswith(begins)
    assert "up to 32.4 %" in said  # 1 - Wilson's lower end for 8 of 8, 1 / (1 + n / z^2)


def test_texts_that_were_not_judged_are_a_dash(english):
    [table] = make_noise_section(make_noise(6, None), english).blocks
    assert table.rows[1][1].text == "–"
    assert refer_to_noise(make_noise(6, None), english) == ""


def test_a_study_that_did_not_probe_says_so(english):
    [block] = make_noise_section(None, english).blocks
    assert isinstance(block, Gap)
    assert explain_noise(None, english.catalogue) == ()
    assert refer_to_noise(None, english) == ""
