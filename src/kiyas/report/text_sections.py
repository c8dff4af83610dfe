"""Findings on traces, contamination and softer outcomes -> their sections and methods, if any."""

from __future__ import annotations

from kiyas.records import CodeFindings
from kiyas.report.contamination_section import explain_contamination, make_contamination_section
from kiyas.report.languages import Catalogue, Language
from kiyas.report.parts import Method, Section
from kiyas.report.soft_outcomes_section import explain_soft_outcomes, make_soft_section
from kiyas.report.traces_section import explain_traces, make_traces_section


def make_text_sections(findings: CodeFindings, language: Language) -> tuple[Section, ...]:
    """Return the sections on what was looked at; none for what was not."""
    sections: list[Section] = []
    if findings.soft_outcomes is not None:
        sections += make_soft_section(findings.soft_outcomes, language)
    if findings.traces is not None:
        sections += make_traces_section(findings.traces, findings.confidence, language)
    if findings.contamination is not None:
        sections += make_contamination_section(findings.contamination, language)
    return tuple(sections)


def explain_texts(findings: CodeFindings, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return the methods of these sections."""
    methods: list[Method] = []
    if findings.soft_outcomes is not None:
        methods += explain_soft_outcomes(catalogue)
    if findings.traces is not None:
        methods += explain_traces(catalogue)
    if findings.contamination is not None:
        methods += explain_contamination(findings.contamination, catalogue)
    return tuple(methods)
