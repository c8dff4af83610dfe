"""The audit and the trajectory of a code study -> sections of its report."""

from __future__ import annotations

from collections.abc import Iterator

from kiyas.records import CodeFindings
from kiyas.report.audit_charts import draw_courses, draw_failure_areas, draw_leads, draw_split
from kiyas.report.audit_tables import (
    tabulate_budgets,
    tabulate_matrix,
    tabulate_protocols,
    tabulate_splits,
    tabulate_training,
)
from kiyas.report.languages import Language
from kiyas.report.parts import Chart, Gap, Section, Table
from kiyas.report.trajectory_tables import (
    tabulate_arms,
    tabulate_courses,
    tabulate_failures,
    tabulate_plateaus,
    tabulate_selection,
    tabulate_speed,
)


def audit_section(findings: CodeFindings, language: Language) -> Section:
    """Return the section that asks whether the scores are real."""
    _ = language.catalogue.gettext
    audit, alpha = findings.audit, 1 - findings.confidence
    if audit is None:
        gap = Gap(_("The study was not audited (audit: off)."))
        return Section("audit", _("Is the number real?"), (gap,))
    blocks = _present(
        tabulate_matrix(audit, alpha, language),
        tabulate_protocols(audit, alpha, language),
        draw_split(audit, language),
        tabulate_splits(audit, alpha, language),
        tabulate_budgets(audit, language),
        tabulate_training(audit, language),
    )
    gaps = tuple(
        Gap(_("Not tried, since the base has no chat template: %s.") % way) for way in audit.skipped
    )
    return Section("audit", _("Is the number real?"), (*blocks, *gaps))


def trajectory_sections(findings: CodeFindings, language: Language) -> Iterator[Section]:
    """Yield the sections of the best checkpoint, and of failures; nothing without checkpoints."""
    _ = language.catalogue.gettext
    trajectory = findings.trajectory
    if trajectory is None:
        return
    chosen = _present(
        tabulate_selection(trajectory, language),
        tabulate_plateaus(trajectory, language),
        tabulate_speed(trajectory, language),
        draw_leads(trajectory, language),
        tabulate_arms(trajectory, language),
    )
    if chosen:
        yield Section("selection-section", _("Best checkpoint"), chosen)
    failures = _present(
        draw_failure_areas(findings, language),
        draw_courses(trajectory, language),
        tabulate_courses(trajectory, language),
        tabulate_failures(trajectory, language),
    )
    if failures:
        yield Section("failure-section", _("Why it fails"), failures)


def _present(*blocks: Table | Chart | None) -> tuple[Table | Chart, ...]:
    return tuple(
        block
        for block in blocks
        if block is not None and not (isinstance(block, Table) and not block.rows)
    )
