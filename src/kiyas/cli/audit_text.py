"""What an audit found -> lines for a person: numbers first, then what they support."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kiyas.audit_records import (
    Figure,
    FilesAudit,
    MetricDifference,
    PredictionsAudit,
    ReadResult,
    ReportedComparison,
    SamplesAudit,
    TableAudit,
)
from kiyas.cli.score_text import proportion_text
from kiyas.cli.wording import table_text
from kiyas.file_records import FileComparison
from kiyas.records import Finding

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
    of = "" if audit.num_problems is None else f" ({audit.num_problems} problems)"
    lines = [f"{audit.benchmark or 'unknown benchmark'}{of}, cage {audit.isolation or 'unknown'}"]
    rows = [
        (
            summary.name,
            proportion_text(summary.pass_at_1),
            "–" if summary.base is None else f"{summary.base.k}/{summary.base.n}",
            "–" if summary.truncated is None else f"{summary.truncated.k}/{summary.truncated.n}",
            ", ".join(f"{name} {count}" for name, count in list(summary.outcomes.items())[:4]),
        )
        for summary in audit.summaries
    ]
    lines.append(table_text(("file", "pass@1", "base", "cut", "outcomes"), rows))
    if audit.matrix:
        lines += ["", "The same texts under each extraction rule", _matrix_text(audit)]
    if audit.comparisons:
        lines += ["", f"Pairs ({audit.comparisons[0].family})", _pairs_text(audit.comparisons)]
    return "\n".join([*lines, "", "What it supports", *_sentences(audit.findings)])


def predictions_text(audit: PredictionsAudit) -> str:
    """Return the audit of classifiers' predictions."""
    rows = [
        (
            summary.name,
            proportion_text(summary.accuracy),
            _figure_text(summary.macro_f1),
            "–" if summary.macro_auc is None else _figure_text(summary.macro_auc),
            f"{summary.majority.k}/{summary.majority.n}",
        )
        for summary in audit.summaries
    ]
    heads = ("file", "accuracy", "macro F1", "macro AUC", "most frequent class")
    lines = [f"Predictions ({audit.num_rows} rows)", table_text(heads, rows)]
    with_classes = [summary for summary in audit.summaries if summary.class_auc]
    if with_classes:
        num_classes = max(len(summary.class_auc) for summary in with_classes)
        cells = [
            (
                f"class {label}",
                *(
                    _figure_text(summary.class_auc[label]) if label in summary.class_auc else "–"
                    for summary in with_classes
                ),
            )
            for label in range(num_classes)
        ]
        names = tuple(summary.name for summary in with_classes)
        lines += ["", table_text(("AUC", *names), cells)]
    if audit.comparisons:
        lines += ["", "Pairs (all by every metric, Holm)", _metrics_text(audit.comparisons)]
    return "\n".join([*lines, "", "What it supports", *_sentences(audit.findings)])


def table_audit_text(audit: TableAudit) -> str:
    """Return the audit of a bare table."""
    lines = [f"{audit.name}: a table of reported results", _results_text(audit.results)]
    if audit.comparisons:
        lines += ["", f"Differences ({audit.family})", _reported_text(audit.comparisons)]
    for title, findings in (
        ("What is doubtful in the table", audit.doubts),
        ("What can be concluded", audit.can),
        ("What cannot be concluded", audit.cannot),
    ):
        lines += ["", title, *(_sentences(findings) or ["- nothing"])]
    return "\n".join(lines)


def _matrix_text(audit: SamplesAudit) -> str:
    rules = list(dict.fromkeys(cell.rule for cell in audit.matrix))
    cells = {(cell.file, cell.rule): f"{cell.score.k}/{cell.score.n}" for cell in audit.matrix}
    files = list(dict.fromkeys(cell.file for cell in audit.matrix))
    rows = [(name, *(cells.get((name, rule), "–") for rule in rules)) for name in files]
    return table_text(("file", *rules), rows)


def _pairs_text(comparisons: Sequence[FileComparison]) -> str:
    ordered = sorted(comparisons, key=lambda item: 1.0 if item.p_value is None else item.p_value)
    rows = [
        (
            f"{item.first} – {item.second}",
            _points(item.difference),
            "–"
            if item.num_first_only is None
            else f"{item.num_first_only} : {item.num_second_only}",
            _p_text(item.p_adjusted),
            item.verdict,
            _points(item.smallest_detectable),
        )
        for item in ordered[:_MAX_PAIRS]
    ]
    heads = ("pair", "points", "only one", "p adj.", "the first is", "detectable")
    more = len(comparisons) - len(rows)
    return table_text(heads, rows) + (f"\n  … and {more} more pairs (--json has all)" * (more > 0))


def _metrics_text(comparisons: Sequence[MetricDifference]) -> str:
    rows = [
        (
            f"{item.first} – {item.second}",
            item.metric,
            _figure_text(item.difference),
            f"{item.test}, {_p_text(item.p_adjusted)}",
            item.verdict,
        )
        for item in comparisons
    ]
    return table_text(("pair", "metric", "difference", "test, p adj.", "the first is"), rows)


def _results_text(results: Sequence[ReadResult]) -> str:
    rows = [
        (
            item.name,
            item.metric,
            item.text,
            item.status if item.interval is None else proportion_text(item.interval),
        )
        for item in results
    ]
    return table_text(("row", "metric", "as printed", "what it stands for"), rows)


def _reported_text(comparisons: Sequence[ReportedComparison]) -> str:
    rows = [
        (
            f"{item.first} – {item.second}",
            item.metric,
            _points(item.difference),
            _p_range(item),
            item.verdict,
        )
        for item in comparisons
    ]
    return table_text(("pair", "metric", "points", "p adj., least to most", "is it real"), rows)


def _p_range(item: ReportedComparison) -> str:
    if item.p_least is None:
        return "–"
    return f"{_p_text(item.p_least)} to {_p_text(item.p_most)}"


def _sentences(findings: Iterable[Finding]) -> list[str]:
    loud = {"alarm": "ALARM: ", "warning": "", "note": ""}
    return [f"- {loud[finding.severity]}{finding.text}" for finding in findings]


def _figure_text(figure: Figure) -> str:
    if figure.estimate is None:
        return "–"
    if figure.ci_low is None or figure.ci_high is None:
        return f"{figure.estimate:.3f} [–]"
    return f"{figure.estimate:.3f} [{figure.ci_low:.3f}, {figure.ci_high:.3f}]"


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}"


def _p_text(p_value: float | None) -> str:
    return "–" if p_value is None else f"{p_value:.2g}"
