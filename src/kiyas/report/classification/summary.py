"""Findings of a classification study -> the one-minute summary.

Which arm is best, is it real, does a trained model pay, what it cannot say, what next. Sentences
are chosen by the verdicts in the findings; nothing is tested anew.
"""

from __future__ import annotations

from dataclasses import replace

from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierComparison,
    ClassifierResult,
)
from kiyas.report.classification.advice import advise
from kiyas.report.classification.names import (
    find_best,
    list_comparisons,
    name_metric,
    name_trials,
    title_of,
)
from kiyas.report.classification.tables import write_metric
from kiyas.report.languages import Language
from kiyas.report.parts import SummaryPart
from kiyas.report.statements import restate
from kiyas.report.vocabulary import translate_verdict


def summarise_classification(
    findings: ClassificationFindings, language: Language
) -> tuple[SummaryPart, ...]:
    """Return the parts of the summary."""
    _ = language.catalogue.gettext
    return (
        SummaryPart(_("What was compared"), tuple(_compared(findings, language))),
        SummaryPart(_("Which arm is best"), tuple(_best(findings, language))),
        SummaryPart(_("Is it real?"), tuple(_real(findings, language))),
        SummaryPart(
            _("Does training a model beat the baseline?"), tuple(_baseline(findings, language))
        ),
        SummaryPart(_("What next"), advise(findings, language)),
    )


def _compared(findings: ClassificationFindings, language: Language) -> list[str]:
    _, numbers = language.catalogue.gettext, language.numbers
    titles = [series.name for series in name_trials(findings).values()]
    return [
        _("%(arms)s, on the same %(test)s test rows of %(classes)s classes.")
        % {
            "arms": ", ".join(titles) or _("no arm"),
            "test": numbers.count(findings.num_test),
            "classes": len(findings.class_names),
        },
        _("Trained on %(train)s rows; every choice was made on %(validation)s validation rows.")
        % {
            "train": numbers.count(findings.num_train),
            "validation": numbers.count(findings.num_validation),
        },
    ]


def _best(findings: ClassificationFindings, language: Language) -> list[str]:
    _ = language.catalogue.gettext
    best = find_best(findings)
    if best is None:
        return [_("None: no arm was tested.")]
    title = name_trials(findings)[best.trial].name
    metrics = best.scores.metrics
    sentences = [
        _("Of all arms %(arm)s has the highest accuracy: %(accuracy)s.")
        % {"arm": title, "accuracy": write_metric(metrics["accuracy"], language)},
        _("Its macro F1 is %(f1)s, its mean AUC %(auc)s.")
        % {
            "f1": write_metric(metrics.get("f1_macro"), language),
            "auc": write_metric(metrics.get("auc_macro"), language),
        },
    ]
    ties = [
        result
        for result in findings.results
        if result is not best
        and result.scores.metrics["accuracy"].estimate == metrics["accuracy"].estimate
    ]
    if ties:
        names = ", ".join(name_trials(findings)[result.trial].name for result in ties)
        sentences.append(_("As many rows right: %s.") % names)
    return sentences


def _real(findings: ClassificationFindings, language: Language) -> list[str]:
    _ = language.catalogue.gettext
    sentences = [
        statement.text
        for statement in restate(findings.findings, language)
        if statement.severity == "alarm"
    ]
    best = find_best(findings)
    if best is None:
        return sentences
    own = [
        _seen_from(best, comparison)
        for comparison in findings.comparisons
        if comparison.metric == "accuracy" and best.trial in (comparison.first, comparison.second)
    ]
    for comparison in own:
        sentences.append(_compare(comparison, findings, language))
    if not own:
        sentences.append(_("Nothing was compared with it."))
    elif all(item.verdict == "better" for item in own):
        sentences.append(_("For these weights on these rows its lead is real."))
    else:
        sentences.append(_("Its place at the top is not established."))
    return sentences


def _seen_from(result: ClassifierResult, comparison: ClassifierComparison) -> ClassifierComparison:
    """Return the comparison with the result as the first of the two."""
    return comparison if comparison.first == result.trial else _reverse(comparison)


def _reverse(comparison: ClassifierComparison) -> ClassifierComparison:
    """Return the comparison as second minus first."""
    opposite = {"better": "worse", "worse": "better"}
    return replace(
        comparison,
        first=comparison.second,
        second=comparison.first,
        first_arm=comparison.second_arm,
        second_arm=comparison.first_arm,
        num_first_only=comparison.num_second_only,
        num_second_only=comparison.num_first_only,
        difference=None if comparison.difference is None else -comparison.difference,
        ci_low=None if comparison.ci_high is None else -comparison.ci_high,
        ci_high=None if comparison.ci_low is None else -comparison.ci_low,
        verdict=opposite.get(comparison.verdict, comparison.verdict),
    )


def _compare(
    comparison: ClassifierComparison, findings: ClassificationFindings, language: Language
) -> str:
    _ = language.catalogue.gettext
    named = name_trials(findings)
    return _("%(first)s against %(second)s: %(verdict)s; %(evidence)s.") % {
        "first": title_of(comparison.first, named),
        "second": title_of(comparison.second, named),
        "verdict": translate_verdict(comparison.verdict, language.catalogue),
        "evidence": _evidence(comparison, language),
    }


def _evidence(comparison: ClassifierComparison, language: Language) -> str:
    """Return difference, discordant rows and corrected p of a comparison."""
    _, numbers = language.catalogue.gettext, language.numbers
    parts = [
        _("%s points")
        % numbers.points_with_interval(comparison.difference, comparison.ci_low, comparison.ci_high)
    ]
    if comparison.num_first_only is not None and comparison.num_second_only is not None:
        parts.append(
            _("alone right on %(first)s rows against %(second)s")
            % {"first": comparison.num_first_only, "second": comparison.num_second_only}
        )
    parts.append(_("%s after Holm") % numbers.p_statement(comparison.p_adjusted))
    return ", ".join(parts)


def _baseline(findings: ClassificationFindings, language: Language) -> list[str]:
    _ = language.catalogue.gettext
    baseline = next((result for result in findings.results if result.is_baseline), None)
    if baseline is None:
        return [_("That cannot be said: the study has no baseline.")]
    named = name_trials(findings)
    sentences = [
        _("The baseline, TF-IDF with logistic regression, reaches %(accuracy)s in %(seconds)s s.")
        % {
            "accuracy": write_metric(baseline.scores.metrics["accuracy"], language),
            "seconds": language.numbers.decimal(baseline.trained.seconds, 1),
        }
    ]
    verdicts = {
        "better": _("%(arm)s beats it by accuracy: %(evidence)s."),
        "worse": _("%(arm)s is worse than it by accuracy: %(evidence)s."),
        "underpowered": _(
            "%(arm)s: the test rows are too few to say whether it beats it: %(evidence)s."
        ),
    }
    otherwise = _("%(arm)s does not beat it, no difference was detected: %(evidence)s.")
    for comparison in list_comparisons(findings, "against-baseline", "accuracy"):
        words = {
            "arm": title_of(comparison.first, named),
            "evidence": _evidence(comparison, language),
        }
        sentences.append(verdicts.get(comparison.verdict, otherwise) % words)
        sentences += _other_verdicts(findings, comparison, language)
    return sentences


def _other_verdicts(
    findings: ClassificationFindings, by_accuracy: ClassifierComparison, language: Language
) -> list[str]:
    """Return what macro F1 and mean AUC say where they do not say the same as accuracy."""
    _ = language.catalogue.gettext
    told = ("better", "worse")
    return [
        _("By %(metric)s it is %(verdict)s: %(evidence)s.")
        % {
            "metric": name_metric(item.metric, language.catalogue),
            "verdict": translate_verdict(item.verdict, language.catalogue),
            "evidence": _evidence(item, language),
        }
        for item in findings.comparisons
        if (item.first, item.second) == (by_accuracy.first, by_accuracy.second)
        and item.metric != "accuracy"
        and item.verdict != by_accuracy.verdict
        and item.verdict in told
    ]
