"""Words of audit and trajectory -> the reader's language, and how their figures are made."""

from __future__ import annotations

from kiyas.records.trajectory import Course
from kiyas.report.languages import Catalogue
from kiyas.report.parts import Method


def translate_group(group: str, catalogue: Catalogue) -> str:
    """Return a stage of the failure taxonomy in the reader's language."""
    _ = catalogue.gettext
    words = {
        "infrastructure": _("not judged"),
        "generation": _("generation"),
        "extraction": _("extraction"),
        "compile": _("compiling"),
        "load": _("loading"),
        "run": _("running"),
        "answer": _("wrong answer"),
        "resource": _("time or memory"),
        "pass": _("passed"),
    }
    return words.get(group, group)


def translate_course(course: Course | None, catalogue: Catalogue) -> str:
    """Return how a problem fares in the reader's language."""
    _ = catalogue.gettext
    return {
        "kept": _("always passed"),
        "gained": _("gained"),
        "flickering": _("flickering"),
        "forgotten": _("forgotten"),
        "lost": _("lost"),
        "never": _("never passed"),
        None: _("not judged"),
    }[course]


def explain_audit(catalogue: Catalogue) -> tuple[Method, ...]:
    """Return the methods of the audit and the trajectory."""
    _ = catalogue.gettext
    return (
        Method(
            "audit-matrix-method",
            _("Matrix of protocols and rules"),
            _(
                "Every stored completion is read by every extraction rule; untrained bases and "
                "the best checkpoint of each arm also answer under every protocol. Rules are "
                "compared on identical texts, protocols on identical weights, by sign flips "
                "shared by all cells (step-down max-T, Westfall and Young 1993)."
            ),
        ),
        Method(
            "gain-split-method",
            _("Format and ability"),
            _(
                "A problem that a checkpoint passes and its base fails is format if the base "
                "itself solves it under some protocol or rule, else ability. The base has as many "
                "attempts as the matrix has cells, and some succeed by luck: the format part is "
                "rather too large. Beside it stands the difference to the base's best single "
                "cell. Intervals are Wilson's over all problems."
            ),
        ),
        Method(
            "selection-method",
            _("Correction for the choice"),
            _(
                "The problems are cut into random halves; the best checkpoint of one half is "
                "scored on the other, both ways, and the scores of 1000 cuts are averaged. Nothing "
                "is scored by the problems that chose it. The interval is by the spread of the "
                "best checkpoint's scores."
            ),
        ),
        Method(
            "plateau-method",
            _("Plateau"),
            _(
                "The earliest checkpoint within one standard error of the best of its trial "
                "(Breiman et al. 1984) that a paired sign-flip test does not tell from it. The "
                "best is flattered by the choice and the tests are not corrected, so that the "
                "recommendation errs towards longer training."
            ),
        ),
        Method(
            "lead-method",
            _("Early lead"),
            _(
                "The mean difference over the first half of the steps, problem by problem, by a "
                "paired sign-flip test, corrected for all pairs of trials (Holm). The band of the "
                "chart covers all steps of a pair at once: with one completion a problem by "
                "Tango's interval (1998) at Bonferroni's level, with several by sign flips of the "
                "largest t."
            ),
        ),
        Method(
            "seed-method",
            _("Training seeds"),
            _(
                "Arms are paired seed by seed and problem by problem; the variance over seeds and "
                "that over problems are both in the interval (two-way random effects, degrees of "
                "freedom after Satterthwaite 1946), corrected by Holm. One seed gives no interval."
            ),
        ),
        Method(
            "course-method",
            _("Course of a problem"),
            _(
                "Always and never passed do not change; gained and lost change once; forgotten was "
                "learnt in training and is failed again to the end; flickering is every other. "
                "The flicker rate is the mean share of problems that change from one trained "
                "checkpoint to the next."
            ),
        ),
    )
