"""What a report of either task is made of: tables, charts, gaps, sections, methods; values only.

The page, the Markdown twin and the LaTeX files draw these and know nothing of a task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from kiyas.report.drawer import Drawer
from kiyas.report.languages import Language
from kiyas.report.provenance import Provenance
from kiyas.report.statements import Statement

Mark = Literal["", "best", "better", "worse"]


@dataclass(frozen=True)
class Column:
    """A column's head."""

    title: str
    """What the column holds."""
    method: str = ""
    """Anchor of the method that explains it; empty if none."""
    numeric: bool = True
    """Whether to align it as numbers."""


@dataclass(frozen=True)
class Cell:
    """One cell."""

    text: str
    """What it says."""
    note: str = ""
    """A second, quieter line."""
    mark: Mark = ""
    """What makes it stand out; never by colour alone, the text says it too."""
    method: str = ""
    """Anchor of the method that explains it; empty if none."""


@dataclass(frozen=True)
class Table:
    """A table ready to be drawn; the first cell of each row is its head."""

    name: str
    """Anchor and file stem."""
    caption: str
    """One line above the table."""
    columns: tuple[Column, ...]
    """Heads of all columns."""
    rows: tuple[tuple[Cell, ...], ...]
    """Cells by row, as many as columns."""
    note: str = ""
    """What a reader must know to read it."""


@dataclass(frozen=True)
class Chart:
    """A drawing with its words."""

    name: str
    """Anchor and file stem."""
    title: str
    """Caption."""
    svg: Markup
    """An ``<svg>`` element without colours of its own."""
    note: str = ""
    """What a reader must know to read it."""
    table: Table | None = None
    """Its numbers, for who cannot see it."""


@dataclass(frozen=True)
class Gap:
    """A place where something would stand if its input were there."""

    text: str
    """What is missing, and why."""


@dataclass(frozen=True)
class Section:
    """One section of the page."""

    name: str
    """Anchor."""
    title: str
    """Heading, and link in the navigation."""
    blocks: tuple[Table | Chart | Gap, ...]
    """What it shows, from the top."""


@dataclass(frozen=True)
class SummaryPart:
    """One question and its answer."""

    question: str
    """Heading."""
    sentences: tuple[str, ...]
    """Answer, a sentence or two each."""


@dataclass(frozen=True)
class Method:
    """How a figure was made."""

    name: str
    """Anchor of the method on the page."""
    title: str
    """What it is called."""
    text: str
    """How it is computed, and its source."""


@dataclass(frozen=True)
class Notice:
    """What the report says first and last."""

    text: str
    """A sentence or two."""
    is_loud: bool
    """Whether it must not be overlooked."""


@dataclass(frozen=True)
class Content:
    """Everything that a report says, in the reader's language."""

    study: str
    """Name of the study."""
    language: Language
    """How to say what all reports say."""
    facts: tuple[str, ...]
    """What stands under the title, a few words each."""
    summary: tuple[SummaryPart, ...]
    """The one-minute summary."""
    statements: tuple[Statement, ...]
    """Findings and warnings, loudest first."""
    sections: tuple[Section, ...]
    """Tables and charts in the order of the page."""
    drawer: Drawer
    """The browser of problems or items."""
    methods: tuple[Method, ...]
    """How the numbers were made."""
    provenance: Provenance
    """Where it all comes from."""
    notice: Notice | None = None
    """What it says first and last, if there is need."""
    advice: tuple[str, ...] = ()
    """What to do next, the most useful first; the summary's last part too."""

    @property
    def tables(self) -> dict[str, Table]:
        """Return every table by name, with those that stand behind a chart."""
        tables = [
            block.table if isinstance(block, Chart) else block
            for section in self.sections
            for block in section.blocks
        ]
        return {table.name: table for table in tables if isinstance(table, Table)}

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Return every chart."""
        return tuple(b for s in self.sections for b in s.blocks if isinstance(b, Chart))
