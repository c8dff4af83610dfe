"""What an audit found -> lines for a person: numbers first, then what they support."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kiyas.cli.score_text import proportion_text
from kiyas.cli.wording import (
    DASH,
    p_text,
    signed_points_text,
    statement_text,
    table_text,
    verdict_text,
)
from kiyas.faults import say_fault
from kiyas.languages import decimal_text
from kiyas.languages import gettext as _
from kiyas.records import Finding
from kiyas.records.file_audit import (
    Figure,
    FilesAudit,
    MetricDifference,
    PredictionsAudit,
    ReadResult,
    ReportedComparison,
    SamplesAudit,
    TableAudit,
)
from kiyas.records.files import FileComparison

_MAX_PAIRS = 20


def audit_text(audit: FilesAudit) -> str:
    """Return everything that ``kiyas audit`` says."""
    parts = [samples_text(item) for item in audit.samples]
    if audit.predictions is not None:
        parts.append(predictions_text(audit.predictions))
    parts += [table_audit_text(item) for item in audit.tables]
    return "\n\n".join(parts)


def samples_text(audit: SamplesAudit) -> str:
    """Return the audit of samples or scores of one benchmark."""
    of = ""
    if audit.num_problems is not None:
        of = " " + _("({num} problems)").format(num=audit.num_problems)
    benchmark = audit.benchmark or _("unknown benchmark")
    cage = _("cage {level}").format(level=audit.isolation or _("unknown"))
    lines = [f"{benchmark}{of}, {cage}"]
    rows = [
        (
            summary.name,
            proportion_text(summary.pass_at_1),
            DASH if summary.base is None else f"{summary.base.k}/{summary.base.n}",
            DASH if summary.truncated is None else f"{summary.truncated.k}/{summary.truncated.n}",
            ", ".join(f"{name} {count}" for name, count in list(summary.outcomes.items())[:4]),
        )
        for summary in audit.summaries
    ]
    heads = (_("file"), "pass@1", _("base"), _("cut"), _("outcomes"))
    lines.append(table_text(heads, rows))
    if audit.matrix:
        lines += ["", _("The same texts under each extraction rule"), _matrix_text(audit)]
    if audit.comparisons:
        lines += [
            "",
            _("Pairs ({family})").format(family=say_fault(audit.comparisons[0].family)),
            _pairs_text(audit.comparisons),
        ]
    return "\n".join([*lines, "", _("What it supports"), *_sentences(audit.findings)])


def predictions_text(audit: PredictionsAudit) -> str:
    """Return the audit of classifiers' predictions."""
    rows = [
        (
            summary.name,
            proportion_text(summary.accuracy),
            _figure_text(summary.macro_f1),
            DASH if summary.macro_auc is None else _figure_text(summary.macro_auc),
            f"{summary.majority.k}/{summary.majority.n}",
        )
        for summary in audit.summaries
    ]
    heads = (_("file"), _("accuracy"), "macro F1", "macro AUC", _("most frequent class"))
    title = _("Predictions ({num} rows)").format(num=audit.num_rows)
    lines = [title, table_text(heads, rows)]
    with_classes = [summary for summary in audit.summaries if summary.class_auc]
    if with_classes:
        num_classes = max(len(summary.class_auc) for summary in with_classes)
        cells = [
            (
                _("class {number}").format(number=label),
                *(
                    _figure_text(summary.class_auc[label]) if label in summary.class_auc else DASH
                    for summary in with_classes
                ),
            )
            for label in range(num_classes)
        ]
        names = tuple(summary.name for summary in with_classes)
        lines += ["", table_text(("AUC", *names), cells)]
    if audit.comparisons:
        lines += ["", _("Pairs (all by every metric, Holm)"), _metrics_text(audit.comparisons)]
    return "\n".join([*lines, "", _("What it supports"), *_sentences(audit.findings)])


def table_audit_text(audit: TableAudit) -> str:
    """Return the audit of a bare table."""
    title = _("{name}: a table of reported results").format(name=audit.name)
    lines = [title, _results_text(audit.results)]
    if audit.comparisons:
        lines += [
            "",
            _("Differences ({family})").format(family=say_fault(audit.family)),
            _reported_text(audit.comparisons),
        ]
    for title, findings in (
        (_("What is doubtful in the table"), audit.doubts),
        (_("What can be concluded"), audit.can),
        (_("What cannot be concluded"), audit.cannot),
    ):
        lines += ["", title, *(_sentences(findings) or [_("- nothing")])]
    return "\n".join(lines)


def _matrix_text(audit: SamplesAudit) -> str:
    rules = list(dict.fromkeys(cell.rule for cell in audit.matrix))
    cells = {(cell.file, cell.rule): f"{cell.score.k}/{cell.score.n}" for cell in audit.matrix}
    files = list(dict.fromkeys(cell.file for cell in audit.matrix))
    rows = [(name, *(cells.get((name, rule), DASH) for rule in rules)) for name in files]
    return table_text((_("file"), *rules), rows)


def _pairs_text(comparisons: Sequence[FileComparison]) -> str:
    ordered = sorted(comparisons, key=lambda item: 1.0 if item.p_value is None else item.p_value)
    rows = [
        (
            f"{item.first} – {item.second}",
            signed_points_text(item.difference),
            DASH
            if item.num_first_only is None
            else f"{item.num_first_only} : {item.num_second_only}",
            p_text(item.p_adjusted),
            verdict_text(item.verdict),
            signed_points_text(item.smallest_detectable),
        )
        for item in ordered[:_MAX_PAIRS]
    ]
    heads = (
        _("pair"),
        _("points"),
        _("only one"),
        _("p adj."),
        _("the first is"),
        _("detectable"),
    )
    more = len(comparisons) - len(rows)
    rest = _("… and {num} more pairs (--json has all)").format(num=more)
    return table_text(heads, rows) + f"\n  {rest}" * (more > 0)


def _metrics_text(comparisons: Sequence[MetricDifference]) -> str:
    rows = [
        (
            f"{item.first} – {item.second}",
            item.metric,
            _figure_text(item.difference),
            f"{item.test}, {p_text(item.p_adjusted)}",
            verdict_text(item.verdict),
        )
        for item in comparisons
    ]
    heads = (_("pair"), _("metric"), _("difference"), _("test, p adj."), _("the first is"))
    return table_text(heads, rows)


def _results_text(results: Sequence[ReadResult]) -> str:
    rows = [
        (
            item.name,
            item.metric,
            item.text,
            verdict_text(item.status) if item.interval is None else proportion_text(item.interval),
        )
        for item in results
    ]
    heads = (_("row"), _("metric"), _("as printed"), _("what it stands for"))
    return table_text(heads, rows)


def _reported_text(comparisons: Sequence[ReportedComparison]) -> str:
    rows = [
        (
            f"{item.first} – {item.second}",
            item.metric,
            signed_points_text(item.difference),
            _p_range(item),
            verdict_text(item.verdict),
        )
        for item in comparisons
    ]
    heads = (
        _("pair"),
        _("metric"),
        _("points"),
        _("p adj., least to most"),
        _("the difference is"),
    )
    return table_text(heads, rows)


def _p_range(item: ReportedComparison) -> str:
    if item.p_least is None:
        return DASH
    return _("{low} to {high}").format(low=p_text(item.p_least), high=p_text(item.p_most))


def _sentences(findings: Iterable[Finding]) -> list[str]:
    loud = {"alarm": _("ALARM") + ": ", "warning": "", "note": ""}
    return [f"- {loud[finding.severity]}{statement_text(finding)}" for finding in findings]


def _figure_text(figure: Figure) -> str:
    if figure.estimate is None:
        return DASH
    if figure.ci_low is None or figure.ci_high is None:
        return f"{decimal_text(figure.estimate, 3)} [{DASH}]"
    low, high = decimal_text(figure.ci_low, 3), decimal_text(figure.ci_high, 3)
    return f"{decimal_text(figure.estimate, 3)} [{low}, {high}]"
