"""What a technical report is made of; values only."""

from __future__ import annotations

from dataclasses import dataclass

from kiyas.report.parts import Section


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: str
    """What it says."""
    lead: str = ""
    """What it begins with, set apart; empty if nothing."""

    @property
    def opening(self) -> str:
        """Return the lead as a sentence of its own; empty without one."""
        return f"{self.lead}{'' if self.lead.endswith(('.', '?')) else '.'} " if self.lead else ""


@dataclass(frozen=True)
class Chapter:
    """One chapter: its text, then what it shows under headings of their own."""

    title: str
    """Heading, numbered by who draws it."""
    paragraphs: tuple[Paragraph, ...]
    """Text under the heading."""
    sections: tuple[Section, ...] = ()
    """Tables and charts, section by section."""
