"""Bare tables: what the printed numbers can carry, against brute force."""

from itertools import product

import pytest

from kiyas.analysis.audit_table import audit_table
from kiyas.records.file_audit import ReportedResult, ReportedTable
from kiyas.statistics import mcnemar


def share(name, percent, n=164, digits=2, **fields):
    return ReportedResult(
        name,
        1 + sum(map(ord, name)),
        "pass@1",
        f"{percent} %",
        percent / 100,
        0.005 * 10**-digits,
        is_share=True,
        n=n,
        test_set="HumanEval",
        **fields,
    )


def audit(*results):
    return audit_table(ReportedTable("made.csv", results))


def kinds(findings):
    return [finding.kind for finding in findings]


@pytest.mark.parametrize(
    ("percent", "digits", "counts"),
    [
        (26.83, 2, (44,)),
        (17.1, 1, (28,)),
        (22.0, 1, (36,)),
        (26.82, 2, (44,)),  # 26.829 cut off
        (26.5, 1, ()),  # between 43/164 = 26.22 and 44/164 = 26.83
        (27, 0, (44, 45)),
    ],
)
def test_a_percentage_is_read_as_every_k_that_is_printed_so(percent, digits, counts):
    result = share("a", percent, digits=digits)
    [read] = audit(result).results
    assert read.counts == counts
    assert read.status == ("possible" if counts else "impossible")


def test_an_impossible_percentage_is_named_with_its_neighbour():
    found = audit(share("a", 26.5, digits=1)).doubts
    assert kinds(found) == ["impossible"]
    assert "43/164" in found[0].text


def test_nothing_is_concluded_from_an_impossible_figure():
    found = audit(share("a", 26.5, digits=1), share("b", 24.4, digits=1))
    assert found.comparisons[0].verdict == "impossible"
    assert found.can == ()


@pytest.mark.parametrize(("k_a", "k_b"), [*product((2, 10, 16), (4, 18, 30))])
def test_the_range_of_p_covers_every_way_in_which_passes_can_overlap(k_a, k_b):
    n = 40
    rows = [
        share(name, round(100 * k / n, 4), n=n, digits=4)
        for name, k in (("first", k_a), ("second", k_b))
    ]
    [compared] = audit(*rows).comparisons
    p_values = [
        mcnemar(k_a - both, k_b - both, n).mid_p_value
        for both in range(max(0, k_a + k_b - n), min(k_a, k_b) + 1)
    ]
    assert compared.p_least == pytest.approx(min(p_values))
    assert compared.p_most == pytest.approx(max(p_values))


def test_a_difference_is_beyond_noise_only_if_it_is_so_however_passes_overlap():
    verdicts = {
        gap: audit(share("first", 20 + gap, n=100), share("second", 20, n=100)).comparisons[0]
        for gap in (1, 10, 40)
    }
    assert {gap: item.verdict for gap, item in verdicts.items()} == {
        1: "within noise",
        10: "cannot be told",
        40: "beyond noise",
    }
    assert verdicts[10].most_disagreements < verdicts[10].likely_disagreements


def test_rows_on_other_problems_are_compared_unpaired():
    # 64/164 against 40/164: chi-squared 8.06 on 1 degree of freedom, p = 0.0045.
    rows = share("a", 39.02, is_paired=False), share("b", 24.39)
    [compared] = audit(*rows).comparisons
    assert compared.design == "unpaired"
    assert compared.p_least == compared.p_most == pytest.approx(0.0045, abs=0.0005)


def test_without_n_it_says_which_n_would_do():
    rows = [
        ReportedResult(name, i, "accuracy", str(v), v, 0.0005, is_share=True)
        for i, (name, v) in enumerate((("Math", 0.881), ("General", 0.778)))
    ]
    found = audit(*rows)
    [compared] = found.comparisons
    fewest, most = compared.num_needed
    assert compared.verdict == "n not stated"

    def is_beyond(n: int, *, at_most: bool) -> bool:
        k_a, k_b = round(0.881 * n), round(0.778 * n)
        b = n - k_b if at_most else k_a - k_b  # A passes all that B fails, or B's passes are A's
        return mcnemar(b, b - (k_a - k_b), n).mid_p_value <= 0.05

    sizes = range(1, 4 * most)
    assert fewest == min(n for n in sizes if is_beyond(n, at_most=False))
    assert most == 1 + max(n for n in sizes if not is_beyond(n, at_most=True))
    assert "n-not-stated" in kinds(found.doubts)


def test_counts_that_share_a_divisor_with_n_are_doubted():
    # All of them are also k/41.
    figures = (2.44, 17.07, 9.76, 24.39)
    found = audit(*(share(f"r{i}", value) for i, value in enumerate(figures)))
    [doubt] = [f for f in found.doubts if f.kind == "common-divisor"]
    assert (doubt.numbers["divisor"], doubt.numbers["smaller_n"]) == (4, 41)


def test_counts_without_a_common_divisor_are_not_doubted():
    figures = (2.44, 17.07, 9.76, 25.0)  # 25.0 % is 41/164
    found = audit(*(share(f"r{i}", value) for i, value in enumerate(figures)))
    assert "common-divisor" not in kinds(found.doubts)


def test_one_seed_and_no_baseline_are_named():
    found = audit(share("first", 50.0, seeds=1), share("second", 25.0, seeds=1))
    assert {"seeds", "baseline"} <= set(kinds(found.cannot))
    several = audit(share("first", 50.0, seeds=3), share("second", 25.0, seeds=3))
    assert "seeds" not in kinds(several.cannot)


def test_checkpoints_chosen_on_the_test_set_are_named_with_their_inflation():
    rows = [share(f"step {s}", p, group="deep", step=s) for s, p in ((1, 25.0), (2, 26.83))]
    [finding] = [f for f in audit(*rows).cannot if f.kind == "best-of-checkpoints"]
    expected = 0.564 * (0.15 / 328) ** 0.5  # E[max of 2 normals] sqrt(0.15 / (2 * 164))
    assert finding.numbers["typical_inflation"] == pytest.approx(expected, rel=0.01)


def test_latency_without_spread_says_nothing():
    rows = [
        ReportedResult(name, i, "latency ms", str(v), v, 0.05)
        for i, (name, v) in enumerate((("Math", 95.5), ("General", 92.1)))
    ]
    assert "latency" in kinds(audit(*rows).cannot)


@pytest.mark.parametrize(
    ("first", "second", "n"),
    [(67, 62, 1319), (40, 20, 164), (71, 62, 500)],
)
def test_a_rounded_difference_is_beyond_noise_only_if_it_is_so_for_the_closest_counts(
    first, second, n
):
    digits = -1 if first == 40 else 0
    rows = share("first", first, n=n, digits=digits), share("second", second, n=n, digits=digits)
    found = audit(*rows)
    [compared] = found.comparisons
    one, other = (result.counts for result in found.results)
    p_values = [
        _p_of_overlap(a, b, both, n)
        for a, b in ((one[0], other[-1]), (one[-1], other[0]))
        for both in (max(0, a + b - n), min(a, b))
    ]
    assert compared.p_most == pytest.approx(max(p_values))
    assert compared.p_least == pytest.approx(min(p_values))
    assert (compared.verdict == "beyond noise") == (max(p_values) <= 0.05)


def _p_of_overlap(k_a, k_b, both, n):
    return mcnemar(k_a - both, k_b - both, n).mid_p_value


def test_figures_that_can_stand_for_one_count_are_within_noise_of_each_other_at_most():
    [compared] = audit(share("a", 30, digits=-1), share("b", 31, digits=0)).comparisons
    assert compared.p_most == pytest.approx(1.0)


def test_rows_on_other_problems_whose_verdict_hangs_on_rounding_are_said_to():
    rows = share("a", 40, digits=-1, is_paired=False), share("b", 30, digits=-1)
    found = audit(*rows)
    [compared] = found.comparisons
    assert compared.p_least < 0.05 < compared.p_most
    assert compared.verdict == "cannot be told"
    assert "depends on how the figures were rounded" in found.cannot[0].text
