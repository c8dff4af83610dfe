"""Patterns of what the analysis says of a code study's scores, by audit and trajectory.

Marked for the catalogues; nothing is translated here.
"""

from __future__ import annotations

from kiyas.languages import message

AUDIT_SENTENCES: tuple[str, ...] = (
    message("end at once, without a word"),
    message("are cut at the token limit"),
    message("repeat themselves up to the token limit"),
    message("hold no code"),
    message("do not define the function that was asked for"),
    message("define the function with other arguments"),
    message("leave the function without a body"),
    message("are indented wrongly"),
    message("do not parse"),
    message("hold good code that the reading misses"),
    message("run and give a wrong answer"),
    # Protocols
    message(
        "The score of the untrained %(base)s depends on how it is asked: %(own)s under "
        "%(protocol)s, %(other)s under %(another)s (p = %(p)s, corrected)."
    ),
    message("Why: under %(protocol)s %(share)s of its answers %(how)s."),
    message(
        "The study asks it in a way that it does not answer well, so that what an arm gains "
        "over it may be the habit of answering in this form, not ability."
    ),
    message(
        "The same weights, asked by %(another)s, would be reported as %(other)s: a gain "
        "measured from there would be a gain in format, and scores under two protocols are not "
        "to be compared."
    ),
    message(
        "%(label)s does better under another protocol than it was trained and tested under: "
        "%(other)s under %(another)s against %(own)s under %(protocol)s (p = %(p)s, "
        "corrected)."
    ),
    message(
        "%(count)s scores of trained checkpoints fall beyond noise under another protocol than "
        "the one they were trained under; most: %(label)s, %(own)s under %(protocol)s against "
        "%(other)s under %(another)s."
    ),
    # Rules
    message(
        "%(label)s: the score depends on how the code is taken out of the same texts: %(own)s "
        "validated, %(other)s (p = %(p)s, corrected)."
    ),
    message(
        "The texts hold good code that the study's rule does not find: what is measured is "
        "also the form of the answer."
    ),
    message(
        "The rule suits this protocol, and yet it breaks good code: what is measured is also "
        "the form of the answer."
    ),
    message("So it is in %(cells)s cells of %(count)s checkpoints."),
    message(
        "A harness that reads the same texts by another rule would report other scores; most: "
        "%(label)s, %(other)s instead of %(own)s (p = %(p)s, corrected)."
    ),
    message("Compare with scores from elsewhere only if their rule is known."),
    # Gain
    message(
        "%(label)s passes %(gained)s of %(all)s problems that its base fails and fails "
        "%(lost)s that its base passes."
    ),
    message(
        "Of the %(gained)s, %(format)s the base itself solves under some protocol or rule: "
        "format, %(share)s of all problems [%(low)s, %(high)s]."
    ),
    message(
        "In none of %(cells)s ways it solves %(ability)s: ability, %(share)s [%(low)s, %(high)s]."
    ),
    message(
        "%(label)s gains %(gained)s of all completions over its base, on %(more)s of %(all)s "
        "problems, and loses %(lost)s, on %(fewer)s."
    ),
    message(
        "Of the gain the base itself reaches %(share)s [%(low)s, %(high)s] under some protocol or "
        "rule: format."
    ),
    message("In none of %(cells)s ways it reaches %(share)s [%(low)s, %(high)s]: ability."),
    message(
        "Against the base's best single way (%(way)s) %(difference)s points remain [%(low)s, "
        "%(high)s] (p = %(p)s, corrected): %(end)s."
    ),
    message("no gain beyond format is shown"),
    message("a gain that no change of format explains"),
    # Budgets
    message(
        "Every checkpoint was asked under %(protocol)s, the protocol that the arms were "
        "trained under, with the same limit of tokens."
    ),
    message(
        "A training row of %(arm)s has %(mean)s tokens on average, one of %(other)s %(less)s: "
        "at equal steps %(again)s has seen %(ratio)s times the tokens."
    ),
    message("The arms were not trained on as many examples (steps x examples a step): %(sizes)s."),
    message(
        "Checkpoints did not have the same room: %(least)s was cut at %(few)s tokens, %(most)s "
        "only at %(many)s."
    ),
    message(
        "Their scores compare budgets as well as weights; lower max_new_tokens to what every "
        "context holds."
    ),
    message(
        "The token limit does not strike alike: %(most)s has %(many)s completions cut, "
        "%(least)s %(few)s (their %(level)s %% intervals lie apart)."
    ),
    message(
        "What the first loses to the limit is a finding about the budget, not about its ability."
    ),
    message(
        "%(arm)s: %(rows)s training rows were cut at %(limit)s tokens, so that their end was "
        "never learnt; completions may run into the token limit for it."
    ),
    message(
        "%(count)s of %(all)s checkpoints have at least %(share)s %% of their completions cut "
        "at the token limit (most: %(label)s, %(cut)s): a limit on tokens is tested along with "
        "ability."
    ),
    message(
        "%(arms)s: trained to begin with words, and tested behind an open code fence "
        "(chat-prefill), which forbids what was trained."
    ),
    message("Test such arms under chat."),
    # Comparisons
    message(
        "%(count)s completions could not be judged because the cage failed; they count for no "
        "checkpoint, and the scores are incomplete."
    ),
    message(
        "%(better)s of %(all)s checkpoints are better than the untrained base and %(worse)s "
        "are worse, after correction for all %(count)s comparisons of this study."
    ),
    message("Whether a gain is one of ability or of answer format this table cannot say."),
    message(
        "The arms can be told apart in %(apart)s of %(all)s comparisons at equal steps; a "
        "difference of %(size)s points or more would have been seen."
    ),
    message("The arms can be told apart in %(apart)s of %(all)s comparisons at equal steps."),
    message(
        "With one training seed an arm, a difference is one between these weights, never "
        "evidence that one data strategy is better."
    ),
    # Scope
    message(
        "Audited: checkpoints by protocol %(tried)s, each under %(count)s extraction rules "
        "over the same texts (%(rules)s)."
    ),
    message("Not tried, since the base has no chat template: %(ways)s."),
    # Trajectory
    message(
        "%(best)s is the best of %(count)s checkpoints, selected on the test set itself: "
        "%(observed)s as observed, %(corrected)s [%(low)s, %(high)s] after repeated split-half "
        "cross-fitting takes the luck of the choice out."
    ),
    message("It is the last checkpoint of its trial."),
    message("The last checkpoint of its trial, which nobody chose, %(last)s, reaches %(score)s."),
    message(
        "%(early)s of %(all)s trials could stop before their best step: a step before it lies "
        "within one standard error of it, and a paired test does not tell the two apart."
    ),
    message("%(trial)s: training could stop at step %(step)s."),
    message(
        "Its score is %(deficit)s points below the best of the trial (step %(best)s), within "
        "one standard error of it (%(error)s points), and a paired test does not tell the two "
        "apart (p = %(p)s)."
    ),
    message(
        "No early lead is real: %(first)s minus %(second)s at steps %(steps)s is "
        "%(difference)s points [%(low)s, %(high)s], p = %(p)s; %(verdict)s."
    ),
    message(
        "%(ahead)s learns faster than %(behind)s: at steps %(steps)s %(difference)s points "
        "[%(low)s, %(high)s], p = %(p)s, %(rest)s."
    ),
    message(
        "Which arm learns faster cannot be said: that takes at least two steps at which both "
        "were tested."
    ),
    message("They share fewer: %(trials)s."),
    message("and still leads at the last step"),
    message("and has lost the lead at the last step"),
    message(
        "Who learns faster is not compared: %(count)s pairs of trials are more than a reader can "
        "follow."
    ),
    message("The arms are compared at equal steps."),
    message(
        "With the training seed as the unit (%(count)s seeds), the arms differ in %(apart)s of "
        "%(all)s comparisons at equal steps after Holm."
    ),
    message(
        "Strongest: %(first)s minus %(second)s at step %(step)s is %(difference)s points "
        "[%(low)s, %(high)s]: %(verdict)s."
    ),
    message("Such a difference holds for the strategy on this base and this data."),
    message("Nothing is shown of the strategies."),
)
