"""Patterns of what the analysis says of a study's texts: traces, contamination, outcomes, noise.

Marked for the catalogues; nothing is translated here.
"""

from __future__ import annotations

from kiyas.languages import message

TEXT_SENTENCES: tuple[str, ...] = (
    # Words that stand at a place
    message("passing answers plan in their thinking before the code"),
    message("failing answers over-reason"),
    message("passing answers use comprehensions"),
    message("failing answers mix recursion and loops in one function"),
    message("the arm named first learns faster at first"),
    message("the set was not read on this machine"),
    # Traces
    message(
        "Of %(all)s claims on reasoning and learning, %(yes)s are supported, %(no)s "
        "contradicted and %(open)s not distinguishable."
    ),
    message("Supported: %(claim)s (%(arm)s)."),
    message("Contradicted: %(claim)s (%(arm)s)."),
    message("What goes with passing need not cause it."),
    message(
        "What goes with passing need not cause it, and with one training seed it is said of "
        "these weights alone."
    ),
    message(
        "%(apart)s of %(all)s measures of traces, counted over checkpoints, go with passing or "
        "failing after Holm."
    ),
    message("Most often: %(measure)s, at %(count)s checkpoints."),
    # Contamination
    message(
        "%(some)s of %(all)s problems of the benchmark were found in the training set of "
        "%(arm)s (%(tasks)s): its score may be partly one of memory."
    ),
    message("Scores without the flagged problems stand beside it."),
    message(
        "No problem of the benchmark was found in the training set of %(arms)s (sequences of "
        "%(words)s words, and functions alike but for names)."
    ),
    message(
        "Rewordings and translations are not seen this way, nor is what the base was pretrained on."
    ),
    message(
        "Whether the benchmark stands in the training set was not checked for %(arms)s: %(reason)s."
    ),
    # Softer outcomes
    message(
        "The benchmark is at its floor here: no checkpoint passes %(limit)s %%, so pass@1 "
        "cannot separate the checkpoints here."
    ),
    message(
        "The benchmark is at its floor here: no checkpoint passes %(limit)s %%, so pass@1 "
        "separates %(some)s of %(all)s pairs only."
    ),
    message(
        "The benchmark is at its ceiling here: every checkpoint passes %(limit)s %%, so pass@1 "
        "cannot separate the checkpoints here."
    ),
    message(
        "The benchmark is at its ceiling here: every checkpoint passes %(limit)s %%, so pass@1 "
        "separates %(some)s of %(all)s pairs only."
    ),
    message(
        "Softer outcomes tell %(some)s of %(all)s pairs apart; they say how far answers came, "
        "never that more problems are solved."
    ),
    message(
        "Softer outcomes tell %(some)s of %(all)s pairs apart (assertions passed %(passed)s, "
        "runs to an answer %(runs)s, compiles %(compiles)s, code found %(found)s, likelihood of "
        "the reference solution %(likely)s); they say how far answers came, never that more "
        "problems are solved."
    ),
    message("More completions a problem, or another benchmark, would show more."),
    message(
        "%(count)s completions of %(points)s checkpoints import a package or return a value "
        "that the cage does not pass on."
    ),
    message(
        "They count as not passed, so that no program can leave the count by what it imports; "
        "were all of them right, %(point)s would have %(could)s instead of %(has)s."
    ),
    message("Packages can be allowed under score.packages."),
    # Noise of decoding
    message(
        "Verdicts that change when a problem is decoded alone and not in a batch: %(count)s of "
        "%(all)s."
    ),
    message(
        "A difference between checkpoints of %(size)s points or less may be the batch's doing."
    ),
)
