"""Made-up costs of studies of either task, summed up by the real analysis, and a probe's shares."""

from kiyas.analysis import Setting, weigh_noise
from kiyas.analysis.costs import TrialWork, Work, sum_up_costs
from kiyas.records.determinism import DeterminismProbe

GIB = 2**30


def make_code_costs(trials, base="base/smollm2-135m-instruct", power_w=65.0):
    """Return costs of a base and of trials of one seed, the later ones slower."""
    works = [TrialWork(base, "", {"decoding": [_tokens(71.4, 28_317)], "scoring": [Work(9.3)]})]
    works += [
        TrialWork(
            name,
            name.partition("/")[0],
            {
                "training": [_tokens(1184.0 + 130 * place, 181_240)],
                "decoding": [_tokens(288.2 + 9 * place, 118_604)],
                "scoring": [Work(38.1)],
                "audit": [Work(141.7, 31_022)],
            },
            peak_bytes=int((1.62 + 0.2 * place) * GIB),
        )
        for place, name in enumerate(trials)
    ]
    return sum_up_costs(works, power_w)


def make_classification_costs(baseline, arms):
    """Return costs of a baseline, of arms of one seed, and of points of the first arm's search."""
    works = [TrialWork(baseline, baseline, {"training": [Work(0.4, 0, 0, 0)], **_judged(0.21)})]
    works += [
        TrialWork(
            f"{arm}/seed-0",
            arm,
            {"training": [_tokens(12.5, 600_000)], **_judged(3.3)},
            peak_bytes=GIB,
        )
        for arm in arms
    ]
    search = [_tokens(12.6, 600_000), _tokens(12.4, 600_000)]
    works.append(TrialWork("", arms[0], {"search": search}, num_trials=2))
    return sum_up_costs(works, None)


def make_noise(num_equal_texts=6, num_equal_verdicts=7):
    """Return what a probe of eight problems says."""
    setting = Setting("study", "humaneval", 164, 1, "chat", "strong", 0.95, 1, 0)
    probe = DeterminismProbe("transformers", "bfloat16", 8, num_equal_texts, (), num_equal_verdicts)
    return weigh_noise(probe, "base/smollm2-135m-instruct/step-0", setting)


def _tokens(seconds, num_tokens):
    return Work(seconds, num_tokens, seconds, num_tokens)


def _judged(prediction_s):
    return {"prediction": [Work(prediction_s)], "scoring": [Work(1.1)]}
