"""What a study took -> the report's section on time, tokens, memory and energy, of either task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiyas.records.costs import Cost, CostFindings, Stage, StageCosts
from kiyas.report.bar_chart import Bar, draw_stacked_bars
from kiyas.report.durations import write_duration
from kiyas.report.languages import Catalogue, Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Chart, Column, Gap, Method, Section, Table

_METHOD = "cost"
_MOST_BARS = 60
"""Bars of the chart; more of them nobody reads, and the table has all."""


def make_costs_section(
    costs: CostFindings | None, titles: Mapping[str, str], language: Language
) -> Section:
    """Return the section; a gap where nothing was recorded.

    Args:
        costs: What the study took.
        titles: What to call trials and bases, by name; others by their name.
        language: The reader's.
    """
    _ = language.catalogue.gettext
    if costs is None:
        return Section(_METHOD, _("Cost"), (Gap(_("What the study took was not recorded.")),))
    blocks: list[Table | Chart] = [tabulate_stages(costs, language)]
    chart = draw_costs(costs, titles, language)
    blocks += [chart] if chart else []
    blocks.append(tabulate_trial_costs(costs, titles, language))
    if any(arm.num_trials > 1 for arm in costs.arms):
        blocks.append(tabulate_arm_costs(costs, language))
    return Section(_METHOD, _("Cost"), tuple(blocks))


def tabulate_stages(costs: CostFindings, language: Language) -> Table:
    """Return what the whole study took, a row a stage."""
    _, numbers = language.catalogue.gettext, language.numbers
    whole = costs.study.total
    columns = (
        Column(_("stage"), numeric=False),
        Column(_("time"), _METHOD),
        Column(_("share of the time")),
        Column(_("tokens trained or generated"), _METHOD),
        Column(_("tokens a second"), _METHOD),
        Column(_("energy, Wh"), _METHOD),
    )
    rows = [
        (
            Cell(name_stage(stage, language.catalogue)),
            Cell(write_duration(cost.seconds, language)),
            Cell(_share(cost, whole, language)),
            Cell(numbers.count(cost.num_tokens)),
            Cell(_write_speed(cost.tokens_per_s, language)),
            Cell(numbers.decimal(cost.energy_wh, 2)),
        )
        for stage, cost in costs.study.stages.items()
    ]
    rows.append(
        (
            Cell(_("all together")),
            Cell(write_duration(whole.seconds, language)),
            Cell(_share(whole, whole, language)),
            Cell(DASH),
            Cell(DASH),
            Cell(numbers.decimal(whole.energy_wh, 2)),
        )
    )
    caption = _("Where the time went")
    return Table("cost-stages", caption, columns, tuple(rows), _say_energy(costs, language))


def draw_costs(costs: CostFindings, titles: Mapping[str, str], language: Language) -> Chart | None:
    """Return the time of each trial by stage as stacked bars; None if too little is known."""
    _ = language.catalogue.gettext
    stages = list(costs.study.stages)
    bars = [
        Bar(name_row(row, titles, language.catalogue), tuple(_seconds(row, s) for s in stages))
        for row in costs.trials
    ]
    if len(bars) > _MOST_BARS or not any(sum(bar.counts) for bar in bars):
        return None
    title = _("Time of each trial by stage")
    names = [name_stage(stage, language.catalogue) for stage in stages]
    unknown = any(cost.seconds is None for row in costs.trials for cost in row.stages.values())
    svg = draw_stacked_bars(
        "cost-chart", title, bars, names, lambda seconds: write_duration(seconds, language)
    )
    note = _("Stages whose time was not recorded are left out.") if unknown else ""
    return Chart("cost-chart", title, svg, note)


def tabulate_trial_costs(
    costs: CostFindings, titles: Mapping[str, str], language: Language
) -> Table:
    """Return what each base and trial took: a column a stage, tokens below the time."""
    _ = language.catalogue.gettext
    columns, rows = _tabulate(costs.trials, costs, language)
    names = [Cell(name_row(row, titles, language.catalogue)) for row in costs.trials]
    return Table(
        "cost-trials",
        _("Cost of each trial"),
        (Column(_("trial"), numeric=False), *columns),
        tuple((name, *cells) for name, cells in zip(names, rows, strict=True)),
        _("Below a time: tokens trained or generated, and tokens a second."),
    )


def tabulate_arm_costs(costs: CostFindings, language: Language) -> Table:
    """Return what each arm took with all its trials."""
    _, numbers = language.catalogue.gettext, language.numbers
    columns, rows = _tabulate(costs.arms, costs, language)
    heads = [(Cell(arm.arm), Cell(numbers.count(arm.num_trials))) for arm in costs.arms]
    return Table(
        "cost-arms",
        _("Cost of each arm, all its trials together"),
        (Column(_("arm"), numeric=False), Column(_("trials")), *columns),
        tuple((*head, *cells) for head, cells in zip(heads, rows, strict=True)),
    )


def name_stage(stage: Stage, catalogue: Catalogue) -> str:
    """Return what a stage is called."""
    _ = catalogue.gettext
    return {
        "training": _("training"),
        "search": _("search"),
        "decoding": _("decoding"),
        "prediction": _("prediction"),
        "scoring": _("scoring"),
        "audit": _("audit"),
    }[stage]


def name_row(row: StageCosts, titles: Mapping[str, str], catalogue: Catalogue) -> str:
    """Return what a trial is called; points of a search stand together under their arm."""
    if row.trial:
        return titles.get(row.trial, row.trial)
    points = catalogue.ngettext("%s point not tested", "%s points not tested", row.num_trials)
    return f"{row.arm}, {points % row.num_trials}"


def explain_costs(costs: CostFindings | None, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return how the figures were come by; nothing where there are none."""
    if costs is None:
        return ()
    _ = catalogue.gettext
    sentences: dict[Stage, str] = {
        "training": _(
            "Training: the updates, of a classifier with the validation of each epoch; loading the "
            "base is left out."
        ),
        "search": _("Search: training of the points that are not tested themselves."),
        "decoding": _(
            "Decoding: from one completion to the next, counted for the checkpoint of the second; "
            "checkpoints decoded at the same time share it roughly. Tokens a second leave out "
            "what came from the cache of completions."
        ),
        "prediction": _("Prediction: the test split, with loading the classifier."),
        "scoring": _("Scoring: judging the answers."),
        "audit": _(
            "Audit: answers under other protocols, judging them, and reading every answer by "
            "every extraction rule."
        ),
    }
    told = [text for stage, text in sentences.items() if stage in costs.study.stages]
    return (
        Method(
            _METHOD,
            _("Time, tokens, memory and energy"),
            " ".join(
                (
                    _(
                        "Seconds by the clock of work on the stage, times before a resume "
                        "included; work of several workers adds up. Where part of them was not "
                        "recorded the sum is a dash."
                    ),
                    *told,
                    _(
                        "Peak memory is that of training: what was allocated on a GPU, or all "
                        "memory of the process on a CPU. Energy is never measured: it is the "
                        "power that the study gives times the seconds."
                    ),
                )
            ),
        ),
    )


def _tabulate(
    rows: Sequence[StageCosts], costs: CostFindings, language: Language
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    """Return the columns that trials and arms share, and their cells by row."""
    _, numbers = language.catalogue.gettext, language.numbers
    stages = list(costs.study.stages)
    columns = (
        *(Column(name_stage(stage, language.catalogue), _METHOD) for stage in stages),
        Column(_("all together"), _METHOD),
        Column(_("peak memory, GiB"), _METHOD),
        Column(_("energy, Wh"), _METHOD),
    )
    cells = [
        (
            *(_stage_cell(row.stages.get(stage), language) for stage in stages),
            Cell(write_duration(row.total.seconds, language)),
            Cell(numbers.decimal(None if row.peak_bytes is None else row.peak_bytes / 2**30, 2)),
            Cell(numbers.decimal(row.total.energy_wh, 2)),
        )
        for row in rows
    ]
    return columns, cells


def _stage_cell(cost: Cost | None, language: Language) -> Cell:
    if cost is None:
        return Cell(DASH)
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    told = []
    if cost.num_tokens:
        count = language.numbers.count(cost.num_tokens)
        told.append(ngettext("%s token", "%s tokens", cost.num_tokens) % count)
    if cost.tokens_per_s is not None:
        told.append(_("%s a second") % _write_speed(cost.tokens_per_s, language))
    return Cell(write_duration(cost.seconds, language), "; ".join(told))


def _write_speed(tokens_per_s: float | None, language: Language) -> str:
    if tokens_per_s is None or tokens_per_s < 100:
        return language.numbers.decimal(tokens_per_s, 1)
    return language.numbers.count(round(tokens_per_s))


def _share(cost: Cost, whole: Cost, language: Language) -> str:
    if cost.seconds is None or not whole.seconds:
        return DASH
    return language.numbers.share(cost.seconds / whole.seconds)


def _seconds(row: StageCosts, stage: Stage) -> float:
    """Return the seconds that are drawn; what is unknown is not drawn, and that is said."""
    return row.stages[stage].seconds or 0 if stage in row.stages else 0


def _say_energy(costs: CostFindings, language: Language) -> str:
    _ = language.catalogue.gettext
    if costs.power_w is None:
        return _(
            "Energy is not known: the study does not say what the machine draws "
            "(execution.power_w)."
        )
    watts = f"{costs.power_w:g}".replace(".", language.numbers.decimal_mark)
    sentence = _(
        "Energy is an estimate: %s W, which the study gives for the machine (execution.power_w), "
        "through all of the time. It was not measured."
    )
    return sentence % watts
