"""Soft findings -> the report's section on how far answers came, and on what pass@1 cannot say."""

from __future__ import annotations

from kiyas.records import Proportion
from kiyas.records.soft_outcomes import LikelihoodGap, SoftComparison, SoftFindings, SoftScore
from kiyas.report.languages import Catalogue, Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Gap, Method, Section, Table
from kiyas.report.vocabulary import translate_verdict

_LIKELIHOOD = "reference-likelihood"


def make_soft_section(found: SoftFindings, language: Language) -> tuple[Section, ...]:
    """Return the section; none if nothing is known beside pass@1."""
    _ = language.catalogue.gettext
    if not found.scores:
        return ()
    blocks: list[Table | Gap] = []
    if found.edge is not None:
        blocks.append(Gap(describe_edge(found, language.catalogue)))
    if found.likelihood_gap is not None:
        blocks.append(Gap(describe_likelihood_gap(found.likelihood_gap, language.catalogue)))
    blocks.append(tabulate_soft_scores(found, language))
    if found.comparisons:
        blocks.append(tabulate_soft_comparisons(found, language))
    return (Section("soft", _("How far answers came"), tuple(blocks)),)


def describe_edge(found: SoftFindings, catalogue: Catalogue) -> str:
    """Return in words that pass@1 has no room here, and what it still tells apart."""
    _ = catalogue.gettext
    place = _("Almost nothing passes.") if found.edge == "floor" else _("Almost everything passes.")
    counts = {"some": found.num_separated, "all": found.num_comparisons}
    told = (
        _("pass@1 separates %(some)s of %(all)s pairs only.") % counts
        if found.num_separated
        else _("pass@1 cannot separate the checkpoints here.")
    )
    return f"{place} {told}"


def describe_likelihood_gap(gap: LikelihoodGap, catalogue: Catalogue) -> str:
    """Return in words why the likelihood of the reference solutions is not among the outcomes."""
    _ = catalogue.gettext
    if gap == "server":
        return _("The reference solutions were not scored: a server gives no likelihood of a text.")
    return _("The reference solutions were not scored: the benchmark has none.")


def tabulate_soft_scores(found: SoftFindings, language: Language) -> Table:
    """Return every softer outcome by checkpoint."""
    _ = language.catalogue.gettext
    outcomes = list(dict.fromkeys(score.outcome for score in found.scores))
    by_place = {(score.checkpoint, score.outcome): score for score in found.scores}
    columns = [Column(_("checkpoint"), numeric=False)]
    columns += [
        Column(name_outcome(outcome, language.catalogue), "soft-outcomes") for outcome in outcomes
    ]
    most = max(score.num_problems for score in found.scores)
    rows = tuple(
        (
            Cell(label),
            *(_score_cell(by_place[label, outcome], most, language) for outcome in outcomes),
        )
        for label in dict.fromkeys(score.checkpoint for score in found.scores)
    )
    note = _(
        "Problems for which it holds/problems (percent) [interval]; of amounts the mean over "
        "problems [interval], the log-likelihood in nats a token; n where it is not known of all."
    )
    return Table("soft-outcomes", _("Softer outcomes"), tuple(columns), rows, note)


def _score_cell(score: SoftScore, num_problems: int, language: Language) -> Cell:
    numbers = language.numbers
    if score.mean is None:
        return Cell(DASH)
    if score.num_true is not None:
        share = (score.mean, score.ci_low, score.ci_high)
        return Cell(numbers.proportion(Proportion(score.num_true, score.num_problems, *share)))
    note = f"n = {score.num_problems}" if score.num_problems < num_problems else ""
    if score.outcome == _LIKELIHOOD:
        return Cell(numbers.figure(score.mean, score.ci_low, score.ci_high), note)
    return Cell(numbers.share_with_interval(score.mean, score.ci_low, score.ci_high), note)


def tabulate_soft_comparisons(found: SoftFindings, language: Language) -> Table:
    """Return the declared family by every softer outcome: a row a pair."""
    _ = language.catalogue.gettext
    outcomes = list(dict.fromkeys(item.outcome for item in found.comparisons))
    by_place = {(item.first, item.second, item.outcome): item for item in found.comparisons}
    columns = [Column(_("first"), numeric=False), Column(_("second"), numeric=False)]
    columns += [
        Column(name_outcome(outcome, language.catalogue), "soft-outcomes") for outcome in outcomes
    ]
    rows = tuple(
        (
            Cell(first),
            Cell(second),
            *(_comparison_cell(by_place.get((first, second, o)), language) for o in outcomes),
        )
        for first, second in dict.fromkeys((c.first, c.second) for c in found.comparisons)
    )
    note = _(
        "First minus second, in points [interval], the log-likelihood in nats a token; verdict "
        "after Holm over %s tests."
    )
    return Table(
        "soft-comparisons",
        _("Compared by softer outcomes, beside pass@1"),
        tuple(columns),
        rows,
        note % len(found.comparisons),
    )


def _comparison_cell(item: SoftComparison | None, language: Language) -> Cell:
    numbers = language.numbers
    if item is None:
        return Cell(DASH)
    values = (item.difference.estimate, item.difference.ci_low, item.difference.ci_high)
    text = (
        numbers.figure(*values)
        if item.outcome == _LIKELIHOOD
        else numbers.points_with_interval(*values)
    )
    mark = item.verdict if item.verdict in ("better", "worse") else ""
    return Cell(text, translate_verdict(item.verdict, language.catalogue), mark)


def name_outcome(outcome: str, catalogue: Catalogue) -> str:
    """Return a softer outcome in the reader's language; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "assertions": _("assertions passed"),
        "runs": _("runs to an answer"),
        "compiles": _("compiles"),
        "code-found": _("code found"),
        _LIKELIHOOD: _("log-likelihood of the reference"),
    }
    return words.get(outcome, outcome)


def explain_soft_outcomes(catalogue: Catalogue) -> tuple[Method, ...]:
    """Return how the figures of the section were made, and how unsupported completions count."""
    _ = catalogue.gettext
    return (
        Method(
            "soft-outcomes",
            _("Softer outcomes"),
            _(
                "Assertions passed: calls of the test answered rightly before the first that is "
                "not, of those that a right solution answers. Yes-or-no outcomes are compared by "
                "exact McNemar, others by sign flips, corrected by Holm over all of them; only "
                "where all checkpoints pass less than 10 % or more than 90 %. They say how far "
                "answers came, never that more problems are solved."
            ),
        ),
        Method(
            "reference-likelihood",
            _("Log-likelihood of the reference"),
            _(
                "Mean log-likelihood of a token of the benchmark's own solution behind the prompt, "
                "in nats, averaged over problems. Under chat the answer is begun with a code fence "
                "and the problem's source, as under chat-prefill; they are read and not scored. "
                "One way to write a solution is not the only one: a model that has learned another "
                "style can fall here and solve more."
            ),
        ),
        Method(
            "unsupported",
            _("Unsupported completions"),
            _(
                "A completion that imports a package or returns a value that the cage does not "
                "pass on counts as not passed: a program that could leave the count by what it "
                "imports would choose its own denominator. What such completions could add at "
                "most is said among the warnings."
            ),
        ),
    )
