"""Search, epochs and latency of a classification study -> charts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from markupsafe import Markup

from kiyas.records.classification import (
    ClassificationFindings,
    EpochRecord,
    SearchPoint,
)
from kiyas.records.latency import LatencyReport
from kiyas.report.classification.latency_tables import tabulate_latency
from kiyas.report.classification.names import name_point, name_trials
from kiyas.report.classification.training_tables import tabulate_epochs, tabulate_search
from kiyas.report.interval_chart import Dot, Group, Scale, draw_intervals
from kiyas.report.languages import Language
from kiyas.report.line_chart import Frame, Line, Point, draw_lines
from kiyas.report.parts import Chart, Table
from kiyas.report.series import Series
from kiyas.report.svg import shorten

_LOG_FROM = 10
"""Ratio of largest to smallest from which an axis goes by powers of ten."""
_LONGEST_NAME = 20
"""Characters of an arm's name before which split it is must still be readable behind it."""


def draw_search(findings: ClassificationFindings, language: Language) -> Chart | None:
    """Return validation accuracy by searched value; None without a search.

    A curve where one number was searched, else one line of the chart for each point.
    """
    if not findings.search:
        return None
    _ = language.catalogue.gettext
    keys = {key for point in findings.search for key in point.values}
    numbers = [value for point in findings.search for value in point.values.values()]
    is_curve = len(keys) == 1 and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in numbers
    )
    draw = _search_curve if is_curve else _search_points
    title = _("Validation accuracy by searched setting")
    svg = draw(findings, title, language)
    note = _(
        "Ringed: the point that the arm goes on with. “≈”: a paired test on the same validation "
        "rows cannot tell the point from it."
    )
    table = tabulate_search(findings, language)
    return None if svg is None else Chart("search-chart", title, svg, note, table)


def _search_curve(
    findings: ClassificationFindings, title: str, language: Language
) -> Markup | None:
    _ = language.catalogue.gettext
    key = next(iter(findings.search[0].values))
    values = sorted({float(point.values[key]) for point in findings.search})
    arms = list(dict.fromkeys(point.arm for point in findings.search))
    lines = []
    for number, arm in enumerate(arms):
        own = sorted(
            (point for point in findings.search if point.arm == arm),
            key=lambda point: float(point.values[key]),
        )
        colour = _colour_of(arm, findings, number)
        points = tuple(_search_point(point, float(point.values[key])) for point in own)
        lines.append(Line(arm, colour, points))
    frame = Frame(
        "search-chart",
        title,
        key.rpartition(".")[2],
        _("validation accuracy"),
        is_log=values[0] > 0 and values[-1] / values[0] >= _LOG_FROM,
        has_bars=True,
    )
    return draw_lines(lines, frame, language.numbers.short_share)


def _search_point(point: SearchPoint, x: float) -> Point:
    share = point.accuracy
    note = "≈" if point.alike and not point.is_chosen else ""
    return Point(x, share.estimate, share.ci_low, share.ci_high, point.is_chosen, note)


def _search_points(
    findings: ClassificationFindings, title: str, language: Language
) -> Markup | None:
    _ = language.catalogue.gettext
    arms = list(dict.fromkeys(point.arm for point in findings.search))
    series = [Series(arm, _colour_of(arm, findings, i)) for i, arm in enumerate(arms)]
    groups = []
    for point in findings.search:
        share = point.accuracy
        said = _("chosen") if point.is_chosen else "≈" if point.alike else ""
        text = f"{language.numbers.share(share.estimate)} {said}".strip()
        place = arms.index(point.arm)
        dot = Dot(place, share.estimate, share.ci_low, share.ci_high, text, point.is_chosen)
        groups.append(Group(name_point(point), (dot,)))
    scale = Scale(_("validation accuracy"), language.numbers.short_share)
    return draw_intervals("search-chart", title, groups, series, scale)


def _colour_of(arm: str, findings: ClassificationFindings, fallback: int) -> int:
    named = name_trials(findings)
    own = [named[result.trial].colour for result in findings.results if result.arm == arm]
    return own[0] if own else fallback


def draw_epochs(findings: ClassificationFindings, language: Language) -> tuple[Chart, ...]:
    """Return loss and accuracy by epoch, training and validation; empty without a history."""
    _ = language.catalogue.gettext
    charts = (
        _draw_epochs(
            findings,
            ("loss-chart", _("Loss by epoch"), _("cross entropy")),
            (lambda row: row.train_loss, lambda row: row.val_loss),
            language,
        ),
        _draw_epochs(
            findings,
            ("accuracy-chart", _("Accuracy by epoch"), _("accuracy")),
            (lambda row: row.train_accuracy, lambda row: row.val_accuracy),
            language,
        ),
    )
    return tuple(chart for chart in charts if chart is not None)


Read = Callable[[EpochRecord], float]


def _draw_epochs(
    findings: ClassificationFindings,
    words: tuple[str, str, str],
    read: tuple[Read, Read],
    language: Language,
) -> Chart | None:
    _ = language.catalogue.gettext
    name, title, y_title = words
    lines = []
    for result, series in zip(findings.results, name_trials(findings).values(), strict=True):
        for kind, of_row, is_dashed in (
            (_("training"), read[0], True),
            (_("validation"), read[1], False),
        ):
            points = tuple(
                Point(row.epoch, of_row(row), is_ringed=_is_kept(row, result.trained.best_epoch))
                for row in result.history
            )
            if points:
                name_of_line = f"{shorten(series.name, _LONGEST_NAME)}, {kind}"
                lines.append(Line(name_of_line, series.colour, points, is_dashed))
    frame = Frame(name, title, _("epoch"), y_title, is_whole=True)
    is_share = name == "accuracy-chart"
    write = language.numbers.short_share if is_share else _two_digits(language)
    svg = draw_lines(lines, frame, write)
    note = _(
        "Dashed: training rows as they came, dropout on. Solid: validation rows. Ringed: the "
        "epoch whose weights were kept."
    )
    table: Table | None = tabulate_epochs(findings, language) if is_share else None
    return None if svg is None else Chart(name, title, svg, note, table)


def _is_kept(row: EpochRecord, best_epoch: int | None) -> bool:
    return row.epoch == best_epoch


def draw_latency(
    findings: ClassificationFindings, latency: LatencyReport, language: Language
) -> Chart | None:
    """Return median and 95th percentile of every arm at every batch size."""
    _ = language.catalogue.gettext
    arms = list(dict.fromkeys(item.arm for item in latency.figures))
    series = [Series(arm, _colour_of(arm, findings, i)) for i, arm in enumerate(arms)]
    groups = []
    for batch_size in dict.fromkeys(item.batch_size for item in latency.figures):
        dots = tuple(
            Dot(
                arms.index(item.arm),
                item.median_ms,
                item.median_ms,
                item.p95_ms,
                f"{language.numbers.decimal(item.median_ms, 1)} ms",
            )
            for item in latency.figures
            if item.batch_size == batch_size
        )
        groups.append(Group(_("texts a call: %s") % batch_size, dots))
    times = [item.median_ms for item in latency.figures]
    is_log = bool(times) and min(times) > 0 and max(times) / min(times) >= _LOG_FROM
    scale = Scale(
        _("milliseconds a call: median, and whisker to the 95th percentile"),
        "{:g}".format,
        is_log,
        low=None if is_log else 0.0,
    )
    title = _("Time of a call by arm")
    svg = draw_intervals("latency-chart", title, groups, series, scale)
    table = tabulate_latency(latency, language)
    return None if svg is None else Chart("latency-chart", title, svg, table=table)


def draw_accuracy_against_latency(
    findings: ClassificationFindings, language: Language
) -> Chart | None:
    """Return test accuracy with its interval against the median time of one text."""
    if findings.latency is None:
        return None
    _ = language.catalogue.gettext
    times = {f.arm: f.median_ms for f in findings.latency.figures if f.batch_size == 1}
    lines = []
    for result, series in zip(findings.results, name_trials(findings).values(), strict=True):
        share = result.scores.metrics["accuracy"]
        if result.arm in times:
            point = Point(times[result.arm], share.estimate, share.ci_low, share.ci_high)
            lines.append(Line(series.name, series.colour, (point,)))
    known = [line.points[0].x for line in lines]
    if not known:
        return None
    is_log = min(known) > 0 and max(known) / min(known) >= _LOG_FROM
    title = _("Test accuracy against the time of one text")
    frame = Frame(
        "accuracy-latency", title, _("median, ms"), _("accuracy"), is_log=is_log, has_bars=True
    )
    numbers = language.numbers
    svg = draw_lines(lines, frame, numbers.short_share, partial(numbers.decimal, digits=1))
    return None if svg is None else Chart("accuracy-latency", title, svg)


def _two_digits(language: Language) -> Callable[[float], str]:
    return lambda value: language.numbers.decimal(value, 2)
