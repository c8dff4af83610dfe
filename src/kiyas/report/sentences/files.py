"""Patterns of what the analysis says of files: tables, completions, predictions, published scores.

Marked for the catalogues; nothing is translated here.
"""

from __future__ import annotations

from kiyas.languages import message

FILE_SENTENCES: tuple[str, ...] = (
    # Published scores
    message(
        "The untrained %(base)s under %(protocol)s: %(count)s = %(share)s [%(low)s, %(high)s] "
        "agrees with the %(published)s published for %(model)s."
    ),
    message(
        "The untrained %(base)s under %(protocol)s: %(count)s = %(share)s [%(low)s, %(high)s], "
        "but %(published)s is published for %(model)s."
    ),
    message(
        "%(file)s: %(count)s = %(share)s [%(low)s, %(high)s] agrees with the %(published)s "
        "published for %(model)s."
    ),
    message(
        "%(file)s: %(count)s = %(share)s [%(low)s, %(high)s], but %(published)s is published "
        "for %(model)s."
    ),
    message(
        "A gap of this size is usually made by prompt, stop words or extraction, not by the "
        "weights: settle it before anything is compared with this score."
    ),
    message("The same weights under other harnesses: %(others)s."),
    message("It agrees with the published score under %(protocol)s and %(rule)s (%(score)s)."),
    # Tables of scores
    message(
        "%(file)s: %(figure)s is impossible: no %(of)s is printed so (the nearest is %(nearest)s)."
    ),
    message("The figure, or n, is not what the table says."),
    message(
        "Every %(metric)s is also a %(of)s: all counts are multiples of %(divisor)s, which "
        "happens by chance once in %(tables)s tables."
    ),
    message(
        "Perhaps only %(few)s problems were scored, not %(all)s, or the same ones %(divisor)s "
        "times over; then every interval here is %(ratio)s times as wide."
    ),
    message("Ask for k and n of each row."),
    message(
        "With one label an item, micro F1 is accuracy under another name: the two columns are "
        "one piece of evidence."
    ),
    message(
        "The table does not say on how many items its shares were measured; without n no "
        "figure has an interval."
    ),
    message(
        "%(first)s scored higher than %(second)s, by %(low)s to %(high)s points: beyond noise "
        "however their passes overlap (p at most %(p)s, corrected)."
    ),
    message(
        "%(first)s scored higher than %(second)s, by %(difference)s points: beyond noise "
        "however their passes overlap (p at most %(p)s, corrected)."
    ),
    message("These are differences between weights under this harness."),
    message(
        "%(first)s over %(second)s, %(difference)s points of %(metric)s: beyond noise if both "
        "were tested on the same %(most)s items or more, whichever they disagree on; with "
        "fewer than %(fewest)s items it is noise however they overlap."
    ),
    message(
        "That training made the model better at the task (up to %(difference)s points over "
        "%(second)s)."
    ),
    message(
        "The base scores far below what is published for the same weights, so that the harness "
        "probably missed its answers: the gain may be one in the form of the answers."
    ),
    message(
        "A table of scores cannot tell ability from answer format: the gain may be one in the "
        "form of the answers."
    ),
    message(
        "Score the stored completions of the base under every extraction rule (kiyas audit "
        "SAMPLES.jsonl) and under another protocol."
    ),
    message("That %(first)s and %(second)s differ: the two figures are equal."),
    message(
        "That %(first)s is better than %(second)s: %(gap)s points are within noise however "
        "their passes overlap (p at least %(p)s, corrected)."
    ),
    message(
        "That %(first)s is better than %(second)s: %(gap)s points are beyond noise only if the "
        "two disagree on %(most)s problems or fewer; unrelated passes would disagree on "
        "%(likely)s (then p = %(p)s, corrected)."
    ),
    message("Verdicts by problem would settle it."),
    message(
        "That %(first)s is better than %(second)s: whether %(gap)s points are beyond noise depends "
        "on how the figures were rounded (p %(least)s to %(most)s, corrected)."
    ),
    message("Counts would settle it."),
    message(
        "That %(point)s is the best of %(count)s of %(arm)s, or the step to stop at: it was "
        "chosen on the test set, where the best of %(again)s equal checkpoints looks "
        "%(typical)s points better than it is if two of them disagree on %(share)s of the "
        "problems, %(most)s if they are unrelated."
    ),
    message("Beyond noise in every case are only: %(points)s."),
    message("None of the others is below it beyond noise in every case."),
    message("That one method is better than another: the table states no seeds."),
    message("That one method is better than another: the table has one seed a row."),
    message(
        "With one training run a row, a difference is one between these weights, never between "
        "the methods that made them; three seeds or more would say something about those."
    ),
    message(
        "That the effort was worth it: no row is a cheap baseline (for texts, TF-IDF with "
        "logistic regression; for code, the untrained base), and a cheap method may do as "
        "well."
    ),
    message(
        "How well the classes are ranked: the mean is over %(taken)s chosen classes of "
        "%(all)s, which is not the macro AUC; choosing other classes gives another ranking."
    ),
    message(
        "Which is faster: %(times)s (%(ratio)s apart) without repetitions, spread, warm-up or "
        "interleaving says nothing."
    ),
    message(
        "Whether differences of %(metrics)s are real: these are no shares, and a table gives "
        "them no interval."
    ),
    message("The predictions would (kiyas audit preds_test.csv)."),
    message(
        "Anything about true differences below %(gap)s points: with %(count)s paired problems "
        "and disagreement on %(share)s of them, one comparison alone sees no less with 80 %% "
        "power; with disagreement on %(larger)s, no less than %(size)s points."
    ),
    # Files of completions
    message("%(first)s and %(second)s share no problem, so that they are not compared."),
    message(
        "%(file)s: the score depends on how the code is taken out of the same texts: %(own)s "
        "(%(own_share)s) %(rule)s, %(other)s (%(other_share)s) %(another)s (p = %(p)s, corrected "
        "for %(count)s rules)."
    ),
    message("The leading white space of the completions was stripped before they were written."),
    message("The answers hold good code that the reading misses."),
    message("The reading itself breaks good code."),
    message(
        "What is measured is the form of the answer, so that a gain over this score may be a "
        "gain in form."
    ),
    message(
        "%(file)s: a harness that reads the same texts by the rule %(rule)s would report "
        "%(other)s instead of %(own)s."
    ),
    message(
        "%(file)s: %(count)s samples could not be judged because the cage failed; they are in "
        "no count."
    ),
    message("Give the command again."),
    message(
        "%(file)s: %(count)s samples need a package or a value that the cage does not pass; "
        "they count as failures."
    ),
    message(
        "%(file)s: %(share)s of the samples ended at the token limit; the score tests the "
        "budget as well as the model."
    ),
    message(
        "%(some)s of %(all)s files do not say how many samples ended at the token limit; "
        "whether their scores test the budget cannot be known."
    ),
    message(
        "%(apart)s of %(all)s pairs of files can be told apart (corrected for all %(count)s "
        "pairs of files, %(method)s); of the others, %(seen)s points or more would have been "
        "seen."
    ),
    message(
        "%(apart)s of %(all)s pairs of files can be told apart; of the others, %(seen)s points "
        "or more would have been seen."
    ),
    message(
        "%(apart)s of %(all)s pairs of files can be told apart (corrected for all %(count)s "
        "pairs of files, %(method)s)."
    ),
    message("%(apart)s of %(all)s pairs of files can be told apart."),
    message(
        "With one training seed behind a file, a difference is one between these weights, "
        "never between the methods that made them."
    ),
    message(
        "%(file)s is the best of %(count)s files, chosen on the test set itself: %(observed)s "
        "as observed, %(corrected)s after repeated split-half correction."
    ),
    message("The best of as many equal files would look %(size)s points better than it is."),
    # Files of predictions
    message(
        "%(first)s (%(rows)s rows) and %(second)s (%(others)s rows) do not have the same true "
        "classes row by row, so that they are not compared: they were tested on other rows, or "
        "in another order."
    ),
    message(
        "%(file)s: %(right)s right is not beyond what always saying the most frequent class "
        "reaches (%(cheap)s)."
    ),
    message(
        "%(apart)s of %(all)s comparisons (pairs of files by metric, Holm) show a difference; "
        "the smallest difference of accuracy that would have been seen is %(size)s points."
    ),
    message("%(apart)s of %(all)s comparisons (pairs of files by metric, Holm) show a difference."),
    message(
        "With one training seed behind a file, it is one between these weights, never between "
        "the methods that made them."
    ),
    message(
        "None of the files is known to be a cheap baseline: give the predictions of TF-IDF "
        "with logistic regression beside them, which on short texts is often as good."
    ),
    message(
        "This is not known to be a cheap baseline: give the predictions of TF-IDF with "
        "logistic regression beside them, which on short texts is often as good."
    ),
)
