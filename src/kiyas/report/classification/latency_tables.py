"""Latency of a classification study -> tables as records."""

from __future__ import annotations

from kiyas.records.latency import LatencyReport
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Table


def tabulate_latency(latency: LatencyReport, language: Language) -> Table:
    """Return the times of every arm at every batch size."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("texts a call")),
        Column(_("median, ms"), "latency"),
        Column(_("95th percentile, ms"), "latency"),
        Column(_("texts a second"), "latency"),
        Column(_("timed calls"), "latency"),
        Column(_("adapter"), numeric=False),
        Column(_("precision of numbers"), numeric=False),
    )
    merged = {None: DASH, True: _("merged"), False: _("not merged")}
    rows = [
        (
            Cell(item.arm),
            Cell(numbers.count(item.batch_size)),
            Cell(numbers.decimal(item.median_ms, 2)),
            Cell(numbers.decimal(item.p95_ms, 2)),
            Cell(numbers.decimal(item.texts_per_s, 1)),
            Cell(numbers.count(item.num_calls)),
            Cell(merged[item.merged]),
            Cell(item.dtype),
        )
        for item in latency.figures
    ]
    threads = DASH if latency.num_threads is None else str(latency.num_threads)
    note = _(
        "Measured on %(device)s, threads: %(threads)s; %(inputs)s different texts, every arm on "
        "each of them in random order after %(warmup)s calls to warm up."
    ) % {
        "device": latency.device,
        "threads": threads,
        "inputs": latency.num_inputs,
        "warmup": latency.num_warmup,
    }
    return Table("latency-table", _("Time of a prediction"), columns, tuple(rows), note)


def tabulate_ratios(latency: LatencyReport, language: Language) -> Table:
    """Return the paired ratios of time."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("first"), numeric=False),
        Column(_("second"), numeric=False),
        Column(_("texts a call")),
        Column(_("time of first / time of second"), "latency"),
        Column(_("verdict"), "latency", numeric=False),
    )
    words = {
        "faster": _("first is faster"),
        "slower": _("first is slower"),
        "no difference detected": _("no difference detected"),
    }
    rows = [
        (
            Cell(item.first),
            Cell(item.second),
            Cell(language.numbers.count(item.batch_size)),
            Cell(language.numbers.figure(item.ratio, item.ci_low, item.ci_high)),
            Cell(words.get(item.verdict, item.verdict)),
        )
        for item in latency.ratios
    ]
    return Table("latency-ratios", _("Time of one arm over another's"), columns, tuple(rows))
