"""Findings -> tables as records, drawn alike by the page, the Markdown twin and LaTeX.

Formats numbers and chooses nothing else: no statistic is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.records import CheckpointScore, CodeFindings, Comparison
from kiyas.report.languages import Language
from kiyas.report.leading import MOST_ROWS, MOST_TRIALS, rank_trials
from kiyas.report.noise_section import refer_to_noise
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Mark, Table
from kiyas.report.trials import TrialScores, find_comparison, group_by_trial
from kiyas.report.vocabulary import translate_test, translate_verdict


def tabulate_leaderboard(findings: CodeFindings, language: Language) -> Table:
    """Return the reference table: base and steps down, trials across, two trials' difference."""
    _ = language.catalogue.gettext
    trials = group_by_trial(findings)
    steps = sorted({step for trial in trials for step in trial.by_step})
    trained = [trial for trial in trials if trial.by_step]
    if len(trained) > MOST_TRIALS:
        return _tabulate_trials_down(findings, trials, steps, language)
    pair = (trained[0], trained[1]) if len(trained) == 2 else None
    columns = [Column(_("checkpoint"), numeric=False)]
    columns += [Column(trial.title, "pass-at-1") for trial in trials]
    if pair:
        minus = _("minus")
        columns.append(Column(f"{pair[0].title} {minus} {pair[1].title}", "paired"))
    cells = [_score_cell(trial.base, findings, language) for trial in trials]
    rows = [(Cell(_("base"), _("untrained")), *cells, *([Cell("")] if pair else []))]
    for step in steps:
        cells = [_score_cell(trial.by_step.get(step), findings, language) for trial in trials]
        if pair:
            cells.append(_difference_cell(findings, pair, step, language))
        rows.append((Cell(_("step %s") % step, _epoch_note(trained, step, language)), *cells))
    note = _("Each cell: passed/completions (pass@1 in percent) [interval in percent].")
    if pair:
        note += " " + _("Differences in percentage points [interval], verdict after Holm.")
    note = f"{note} {refer_to_noise(findings.decoding_noise, language)}".strip()
    caption = _("pass@1 by checkpoint and arm")
    return Table("leaderboard", caption, tuple(columns), tuple(rows), note)


def _tabulate_trials_down(
    findings: CodeFindings, trials: Sequence[TrialScores], steps: list[int], language: Language
) -> Table:
    """Return the table turned over: where trials are many, they are rows, best first."""
    _ = language.catalogue.gettext
    places = {name: place for place, (name, _best) in enumerate(rank_trials(findings))}
    ranked = sorted(trials, key=lambda trial: places.get(trial.trial, len(places)))
    columns = (
        Column(_("trial"), numeric=False),
        Column(_("base"), "pass-at-1"),
        *(Column(_("step %s") % step, "pass-at-1") for step in steps),
    )
    rows = tuple(
        (
            Cell(trial.title),
            _score_cell(trial.base, findings, language),
            *(_score_cell(trial.by_step.get(step), findings, language) for step in steps),
        )
        for trial in ranked
    )
    note = _("Each cell: passed/completions (pass@1 in percent) [interval in percent].")
    return Table("leaderboard", _("pass@1 by checkpoint and arm"), columns, rows, note)


def tabulate_comparisons(findings: CodeFindings, kind: str, language: Language) -> Table:
    """Return the paired comparisons of a kind: ``against-base`` or ``between-arms``."""
    _ = language.catalogue.gettext
    chosen = [comparison for comparison in findings.comparisons if comparison.kind == kind]
    seconds = {comparison.second for comparison in chosen}
    is_one_base = kind == "against-base" and len(seconds) == 1
    caption = (
        _("Each checkpoint against its untrained base")
        if kind == "against-base"
        else _("The arms against each other at the same step")
    )
    columns = (
        Column(_("first"), numeric=False),
        *(() if is_one_base else (Column(_("second"), numeric=False),)),
        Column(_("difference, points"), "paired"),
        Column(_("verdict"), "verdict", numeric=False),
        Column(_("p, Holm"), "holm"),
        Column("p", "p-value"),
        Column(_("b: only first"), "paired"),
        Column(_("c: only second"), "paired"),
        Column(_("detectable, points"), "detectable"),
    )
    note = " ".join(
        (
            _("Second: %s.") % seconds.pop() if is_one_base else "",
            _("Difference: first minus second."),
            _("The family of Holm holds %s comparisons.") % len(findings.comparisons),
            _("Problems: %s.") % _join_counts(chosen),
            _("Test: %s.")
            % ", ".join(sorted({translate_test(c.test, language.catalogue) for c in chosen})),
            _say_most_telling(len(chosen), language),
        )
    ).strip()
    rows = [_comparison_row(comparison, language) for comparison in _most_telling(chosen)]
    if is_one_base:
        rows = [(first, *others) for first, _second, *others in rows]
    return Table(kind, caption, columns, tuple(rows), note)


def tabulate_checkpoints(findings: CodeFindings, language: Language) -> Table:
    """Return each checkpoint with its epoch, loss, pass@1, truncation and tokens."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("checkpoint"), numeric=False),
        Column(_("epoch")),
        Column(_("training loss")),
        Column("pass@1", "pass-at-1"),
        Column(_("truncated"), "outcome"),
        Column(_("tokens decoded")),
        Column(_("not judged"), "outcome"),
    )
    rows = []
    for score in findings.checkpoints:
        best = score.checkpoint.label == findings.best
        rows.append(
            (
                Cell(score.checkpoint.label),
                Cell(numbers.decimal(score.epoch, 2)),
                Cell(numbers.decimal(score.train_loss, 3)),
                Cell(numbers.proportion(score.pass_at_1), mark="best" if best else ""),
                Cell(numbers.proportion(score.truncated)),
                Cell(numbers.count(score.num_tokens)),
                Cell(numbers.count(score.num_unscored)),
            )
        )
    return Table("checkpoints", _("Every checkpoint"), columns, tuple(rows))


def tabulate_outcomes(findings: CodeFindings, language: Language) -> Table:
    """Return the completions of each checkpoint by outcome, ``passed`` first."""
    _ = language.catalogue.gettext
    outcomes = order_outcomes(findings)
    heads = [Column(_("checkpoint"), numeric=False)]
    heads += [Column(outcome, "outcome") for outcome in outcomes]
    rows = [
        (Cell(score.checkpoint.label), *(Cell(str(score.outcomes.get(o, 0))) for o in outcomes))
        for score in findings.checkpoints
    ]
    return Table("outcomes", _("Completions by outcome"), tuple(heads), tuple(rows))


def tabulate_rules(findings: CodeFindings, language: Language) -> Table:
    """Return the completions of each checkpoint by the rule that gave the code."""
    _ = language.catalogue.gettext
    totals: dict[str, int] = {}
    for score in findings.checkpoints:
        for rule, count in score.rules.items():
            totals[rule] = totals.get(rule, 0) + count
    rules = sorted(totals, key=lambda rule: (-totals[rule], rule))
    heads = [Column(_("checkpoint"), numeric=False), *(Column(rule, "outcome") for rule in rules)]
    rows = [
        (Cell(score.checkpoint.label), *(Cell(str(score.rules.get(r, 0))) for r in rules))
        for score in findings.checkpoints
    ]
    caption = _("Completions by extraction rule")
    return Table("extraction-rules", caption, tuple(heads), tuple(rows))


def order_outcomes(findings: CodeFindings) -> tuple[str, ...]:
    """Return the outcomes that occur: ``passed``, then by how often, then by name."""
    totals: dict[str, int] = {}
    for score in findings.checkpoints:
        for outcome, count in score.outcomes.items():
            totals[outcome] = totals.get(outcome, 0) + count
    return tuple(sorted(totals, key=lambda o: (o != "passed", -totals[o], o)))


def _score_cell(score: CheckpointScore | None, findings: CodeFindings, language: Language) -> Cell:
    if score is None:
        return Cell(DASH)
    text = language.numbers.proportion(score.pass_at_1)
    if score.checkpoint.label != findings.best:
        return Cell(text)
    return Cell(text, language.catalogue.gettext("best, selected on the test set"), "best")


def _difference_cell(
    findings: CodeFindings, pair: tuple[TrialScores, TrialScores], step: int, language: Language
) -> Cell:
    first, second = (trial.by_step.get(step) for trial in pair)
    if first is None or second is None:
        return Cell(DASH)
    labels = first.checkpoint.label, second.checkpoint.label
    comparison = find_comparison(findings, *labels)
    if comparison is None:
        return Cell(DASH)
    verdict = translate_verdict(comparison.verdict, language.catalogue)
    return Cell(_difference(comparison, language), verdict, _mark(comparison))


def _comparison_row(comparison: Comparison, language: Language) -> tuple[Cell, ...]:
    numbers = language.numbers
    detectable = comparison.smallest_detectable
    verdict = translate_verdict(comparison.verdict, language.catalogue)
    return (
        Cell(comparison.first),
        Cell(comparison.second),
        Cell(_difference(comparison, language)),
        Cell(verdict, mark=_mark(comparison)),
        Cell(numbers.p_value(comparison.p_adjusted)),
        Cell(numbers.p_value(comparison.p_value)),
        Cell(numbers.count(comparison.num_first_only)),
        Cell(numbers.count(comparison.num_second_only)),
        Cell(DASH if detectable is None else numbers.decimal(100 * detectable, 1)),
    )


def _most_telling(comparisons: list[Comparison]) -> list[Comparison]:
    """Return at most ``MOST_ROWS`` comparisons, those of the smallest p, in the order given."""
    ranked = sorted(range(len(comparisons)), key=lambda index: comparisons[index].p_value)
    return [comparisons[index] for index in sorted(ranked[:MOST_ROWS])]


def _say_most_telling(num_comparisons: int, language: Language) -> str:
    if num_comparisons <= MOST_ROWS:
        return ""
    return language.catalogue.gettext(
        "The %(shown)s of %(all)s rows with the smallest p; tables/comparisons.csv has all."
    ) % {"shown": MOST_ROWS, "all": num_comparisons}


def _join_counts(comparisons: list[Comparison]) -> str:
    """Return how many problems were compared: one number, or the range if some were not judged."""
    counts = sorted({comparison.num_problems for comparison in comparisons})
    return DASH.join(str(count) for count in (counts[:1] + counts[1:][-1:]))


def _difference(comparison: Comparison, language: Language) -> str:
    return language.numbers.points_with_interval(
        comparison.difference, comparison.ci_low, comparison.ci_high
    )


def _mark(comparison: Comparison) -> Mark:
    if comparison.verdict == "better":
        return "better"
    return "worse" if comparison.verdict == "worse" else ""


def _epoch_note(trials: list[TrialScores], step: int, language: Language) -> str:
    epochs = {trial.by_step[step].epoch for trial in trials if step in trial.by_step}
    epoch = epochs.pop() if len(epochs) == 1 else None
    if epoch is None:
        return ""
    return language.catalogue.gettext("epoch %s") % language.numbers.decimal(epoch, 2)
