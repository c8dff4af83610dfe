"""How every figure of a classification report is made, and its source."""

from __future__ import annotations

from kiyas.report.languages import Catalogue
from kiyas.report.parts import Method


def explain_classification_methods(confidence: float, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return every method, in the order in which the report uses them."""
    return (
        *_explain_metrics(confidence, catalogue),
        *_explain_comparisons(catalogue),
        *_explain_search_and_latency(catalogue),
    )


def _explain_metrics(confidence: float, catalogue: Catalogue) -> tuple[Method, ...]:
    _ = catalogue.gettext
    level = f"{100 * confidence:g}"
    return (
        Method(
            "accuracy",
            _("Accuracy, precision and recall of a class"),
            _(
                "Shares k/n with the score interval of Wilson (1927) at %s %% confidence. With one "
                "label a row, micro F1 is the accuracy."
            )
            % level,
        ),
        Method(
            "averages",
            _("Macro and weighted averages, balanced accuracy"),
            _(
                "Macro: mean over the classes that occur in the truth. Weighted: by the rows of "
                "each class. Balanced accuracy is the macro recall. Intervals: bias-corrected and "
                "accelerated bootstrap (Efron 1987), rows drawn within each true class."
            ),
        ),
        Method(
            "matthews",
            _("Matthews correlation"),
            _(
                "Correlation of true and predicted classes over the whole confusion matrix "
                "(Gorodkin 2004), 0 for guessing; bootstrap interval as for the averages."
            ),
        ),
        Method(
            "log-loss",
            _("Log loss"),
            _(
                "Mean of −ln of the probability of the true class, in nats; bootstrap interval "
                "over rows."
            ),
        ),
        Method(
            "calibration-error",
            _("Calibration error (ECE)"),
            _(
                "Rows are put into 15 bins of equal width by the probability of the predicted "
                "class; the error is the mean distance between share right and mean probability "
                "(Guo et al. 2017). Bootstrap interval with the bias of resampling taken out."
            ),
        ),
        Method(
            "auc",
            _("ROC and AUC"),
            _(
                "Each class against the rest by its probability; the interval is that of DeLong "
                "et al. (1988). The macro mean is over every class that occurs, not a choice of "
                "them."
            ),
        ),
    )


def _explain_comparisons(catalogue: Catalogue) -> tuple[Method, ...]:
    _ = catalogue.gettext
    return (
        Method(
            "paired",
            _("Paired difference"),
            _(
                "Both arms predicted the same rows, so only rows that exactly one of them has "
                "right speak: b that only the first has, c that only the second has. The "
                "difference of accuracy is (b − c)/N."
            ),
        ),
        Method(
            "p-value",
            _("p value"),
            _(
                "Accuracy: mid-p test of McNemar (Fagerland et al. 2013). Macro F1: predictions "
                "of the two arms exchanged at random row by row. Mean AUC: DeLong. It holds for "
                "this pair and metric alone."
            ),
        ),
        Method(
            "holm",
            _("p value after Holm"),
            _(
                "Corrected for the number of comparisons by the step-down method of Holm (1979). "
                "The family is every pair and metric of the study."
            ),
        ),
        Method(
            "verdict",
            _("Verdict"),
            _(
                "“Better” and “worse” need an adjusted p value of at most one minus the "
                "confidence. “Underpowered” means that at the observed disagreement no difference, "
                "however large, would have been found reliably; it is no evidence that there is "
                "none."
            ),
        ),
        Method(
            "detectable",
            _("Smallest detectable difference"),
            _(
                "Smallest true difference of accuracy that this comparison would find in four of "
                "five repetitions (80 % power), given how often the two arms disagree, at the "
                "strictest level that Holm may ask for."
            ),
        ),
    )


def _explain_search_and_latency(catalogue: Catalogue) -> tuple[Method, ...]:
    _ = catalogue.gettext
    return (
        Method(
            "search",
            _("Search for settings"),
            _(
                "Every point is trained with the same seed and judged on the validation rows; the "
                "test rows play no part. Two points cannot be told apart if McNemar's mid-p on "
                "the validation rows, after Holm over the points of the arm, is not significant."
            ),
        ),
        Method(
            "latency",
            _("Latency"),
            _(
                "Whole predictions are timed after a warm-up, all arms on the same inputs in "
                "random order. The ratio is the pseudo-median of the paired ratios (Hodges and "
                "Lehmann 1963) with a bootstrap interval over inputs; an interval that includes 1 "
                "says that no difference was detected."
            ),
        ),
    )
