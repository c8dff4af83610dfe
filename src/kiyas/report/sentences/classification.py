"""Patterns of what the analysis says of a classification study.

Marked for the catalogues; nothing is translated here.
"""

from __future__ import annotations

from kiyas.languages import message

CLASSIFICATION_SENTENCES: tuple[str, ...] = (
    # Words that stand at a place
    message("faster"),
    message("slower"),
    # Classification
    message(
        "The study leaves the cheap baseline out, so it cannot say whether training a model "
        "was worth its cost."
    ),
    message(
        "%(trial)s beats the baseline (TF-IDF with logistic regression, accuracy %(reached)s, "
        "trained in %(seconds)s s): %(difference)s points of accuracy [%(low)s, %(high)s], p = "
        "%(p)s after Holm over %(count)s comparisons."
    ),
    message(
        "%(trial)s falls behind the baseline (TF-IDF with logistic regression, accuracy "
        "%(reached)s, trained in %(seconds)s s): %(difference)s points of accuracy [%(low)s, "
        "%(high)s], p = %(p)s after Holm over %(count)s comparisons."
    ),
    message(
        "%(trial)s does not beat the baseline (TF-IDF with logistic regression, accuracy "
        "%(reached)s, trained in %(seconds)s s): %(difference)s points of accuracy [%(low)s, "
        "%(high)s], p = %(p)s after Holm over %(count)s comparisons."
    ),
    message("A true difference of %(size)s points would have been seen four times in five."),
    message(
        "%(first)s against %(second)s: %(verdict)s (%(difference)s points of accuracy "
        "[%(low)s, %(high)s], p = %(p)s; right alone on %(b)s and %(c)s of %(rows)s rows)."
    ),
    message(
        "With one training seed an arm, a difference is one between these weights, never "
        "evidence that one base model is better."
    ),
    message(
        "%(arm)s: %(point)s was chosen among %(count)s points on the validation split "
        "(accuracy %(reached)s)."
    ),
    message("It cannot be told from %(points)s."),
    message(
        "Batch %(size)s: %(first)s takes %(ratio)s times [%(low)s, %(high)s] as long as "
        "%(second)s on the same inputs: %(verdict)s."
    ),
    message(
        "Batch %(size)s: %(first)s takes %(ratio)s times as long as %(second)s on the same "
        "inputs: %(verdict)s."
    ),
    message(
        "The probabilities of %(trial)s are off by %(error)s points on average; do not read "
        "them as chances."
    ),
    message("Fewer than %(few)s test rows: %(classes)s."),
    message("Figures of these classes say little, and a class without rows is in no average."),
    message("%(trial)s: %(count)s training rows were longer than max_seq_len and lost their end."),
    message(
        "%(trial)s: base %(base)s has no pad token; its %(name)s (%(token)s) fills short rows, "
        "which are masked."
    ),
)
