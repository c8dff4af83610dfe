"""The artefact audit of a code study -> tables: matrix, protocols, split of the gain, budgets."""

from __future__ import annotations

from dataclasses import replace

from kiyas.records.code_audit import GainSplit, MatrixCell, StudyAudit
from kiyas.records.measures import Difference, Proportion
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Mark, Table


def tabulate_matrix(audit: StudyAudit, alpha: float, language: Language) -> Table:
    """Return every checkpoint and protocol by extraction rule: k/n with interval in each cell."""
    _ = language.catalogue.gettext
    cells = {(cell.checkpoint, cell.protocol, cell.rule): cell for cell in audit.matrix}
    lines = dict.fromkeys((cell.checkpoint, cell.protocol) for cell in audit.matrix)
    columns = [Column(_("checkpoint"), numeric=False)]
    columns += [Column(rule, "audit-matrix-method") for rule in audit.rules]
    rows = []
    for label, protocol in sorted(lines, key=lambda line: line[1] != audit.own_protocol):
        row = [Cell(label, protocol)]
        for rule in audit.rules:
            cell = cells.get((label, protocol, rule))
            row.append(Cell(DASH) if cell is None else _matrix_cell(cell, alpha, language))
        rows.append(tuple(row))
    note = _(
        "Each row holds the same texts, read by every rule; in bold the study's own. “other” marks "
        "a score that differs from the first rule's on the same texts beyond noise, corrected for "
        "all cells."
    )
    caption = _("One matrix: protocol by extraction rule")
    return Table("audit-matrix", caption, tuple(columns), tuple(rows), note)


def _matrix_cell(cell: MatrixCell, alpha: float, language: Language) -> Cell:
    _ = language.catalogue.gettext
    plain = _counted(cell.score, language)
    if cell.is_own:
        return replace(plain, mark="best")
    if cell.against_own is None or not _is_apart(cell.against_own, alpha):
        return plain
    return Cell(plain.text, f"{plain.note} {_('other')}", _mark(cell.against_own))


def tabulate_protocols(audit: StudyAudit, alpha: float, language: Language) -> Table:
    """Return every checkpoint under other protocols against the study's own."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("checkpoint, other protocol"), numeric=False),
        Column(audit.own_protocol, "pass-at-1"),
        Column(_("other"), "pass-at-1"),
        Column(_("difference, points"), "paired"),
        Column(_("p, corrected"), "audit-matrix-method"),
        Column(_("how the weaker fails"), "outcome", numeric=False),
    )
    numbers = language.numbers
    rows = []
    for change in audit.changes:
        found = change.difference
        mark: Mark = _mark(found) if _is_apart(found, alpha) else ""
        share = change.reason_share
        reason = f"{change.reason} {share.k}/{share.n}" if change.reason else DASH
        rows.append(
            (
                Cell(change.checkpoint, change.protocol),
                _counted(change.own, language),
                _counted(change.other, language),
                Cell(_points(found, language), mark=mark),
                Cell(numbers.p_value(found.p_adjusted)),
                Cell(reason),
            )
        )
    note = _("Difference: the other protocol minus the study's own, on the problems of both.")
    caption = _("The same weights, asked in another way")
    return Table("audit-protocols", caption, columns, tuple(rows), note)


def tabulate_splits(audit: StudyAudit, alpha: float, language: Language) -> Table:
    """Return the gain of every checkpoint over its base, split into format and ability."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("checkpoint"), numeric=False),
        Column(_("gained"), "gain-split-method"),
        Column(_("of it format"), "gain-split-method"),
        Column(_("of it ability"), "gain-split-method"),
        Column(_("lost"), "gain-split-method"),
        Column(_("net, points"), "paired"),
        Column(_("beyond the base's best way, points"), "gain-split-method"),
        Column(_("p, corrected"), "gain-split-method"),
    )
    rows = tuple(_split_row(split, alpha, language) for split in audit.splits)
    ways = dict.fromkeys(
        f"{split.base}: {split.best_protocol}, {split.best_rule} "
        f"{language.numbers.proportion(split.best_score)}"
        for split in audit.splits
    )
    note = _("Format: the base solves the problem itself under some protocol or rule.")
    note += " " + _("The base's best single way: %s.") % "; ".join(ways)
    caption = _("The gain over the base: format or ability")
    return Table("gain-split", caption, columns, rows, note if rows else "")


def _split_row(split: GainSplit, alpha: float, language: Language) -> tuple[Cell, ...]:
    numbers = language.numbers
    beyond = split.beyond_format
    return (
        Cell(split.checkpoint),
        *(
            _part_cell(part, language, counts_problems=split.counts_problems)
            for part in (split.gained, split.format, split.ability, split.lost)
        ),
        Cell(_points(split.net, language)),
        Cell(_points(beyond, language), mark=_mark(beyond) if _is_apart(beyond, alpha) else ""),
        Cell(numbers.p_value(beyond.p_adjusted)),
    )


def tabulate_budgets(audit: StudyAudit, language: Language) -> Table:
    """Return the tokens that every checkpoint had and used, with truncation beside its score."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    own = {
        (cell.checkpoint, cell.protocol): cell.score
        for cell in audit.matrix
        if cell.rule == audit.own_rule
    }
    columns = (
        Column(_("checkpoint"), numeric=False),
        Column(_("protocol"), numeric=False),
        Column("pass@1", "pass-at-1"),
        Column(_("truncated"), "outcome"),
        Column(_("cut at, tokens")),
        Column(_("median tokens")),
    )
    rows = tuple(
        (
            Cell(budget.checkpoint),
            Cell(budget.protocol),
            Cell(numbers.proportion(own[budget.checkpoint, budget.protocol])),
            Cell(numbers.proportion(budget.truncated)),
            Cell(numbers.count(budget.limit_tokens)),
            Cell(numbers.decimal(budget.median_tokens, 0)),
        )
        for budget in audit.budgets
    )
    return Table("token-budgets", _("Tokens had and used"), columns, rows)


def tabulate_training(audit: StudyAudit, language: Language) -> Table:
    """Return what each trial was trained on."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("trial"), numeric=False),
        Column(_("protocol"), numeric=False),
        Column(_("steps x examples")),
        Column(_("tokens of all rows")),
        Column(_("rows cut")),
        Column(_("answers begin with"), numeric=False),
    )
    begins = {True: _("code"), False: _("words"), None: DASH}
    rows = tuple(
        (
            Cell(item.trial),
            Cell(audit.own_protocol),
            Cell(f"{item.num_steps} x {item.examples_a_step}"),
            Cell(numbers.count(item.num_tokens)),
            Cell(numbers.proportion(item.cut_rows)),
            Cell(begins[item.opens_with_code]),
        )
        for item in audit.training
    )
    return Table("training-budgets", _("What each trial was trained on"), columns, rows)


def _is_apart(difference: Difference, alpha: float) -> bool:
    p_value = difference.p_adjusted
    return p_value is not None and p_value <= alpha and bool(difference.estimate)


def _part_cell(share: Proportion, language: Language, *, counts_problems: bool) -> Cell:
    """Return a part of the gain; with several completions of a problem it is no k of n."""
    if counts_problems:
        return _counted(share, language)
    return _in_two_lines(
        language.numbers.share_with_interval(share.estimate, share.ci_low, share.ci_high)
    )


def _counted(share: Proportion, language: Language) -> Cell:
    return _in_two_lines(language.numbers.proportion(share))


def _in_two_lines(figure: str) -> Cell:
    """Return a figure with its interval on a line of its own, so that many stand side by side."""
    text, bracket, ends = figure.partition(" [")
    return Cell(text, bracket.strip() + ends)


def _mark(difference: Difference) -> Mark:
    return "better" if (difference.estimate or 0) > 0 else "worse"


def _points(difference: Difference, language: Language) -> str:
    return language.numbers.points_with_interval(
        difference.estimate, difference.ci_low, difference.ci_high
    )
