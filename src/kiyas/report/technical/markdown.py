"""Chapters -> Markdown, with the same escapes as the page's twin."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.report.markdown import escape_markdown, write_block
from kiyas.report.technical.records import Chapter


def render_technical_markdown(title: str, chapters: Sequence[Chapter]) -> str:
    """Return the whole Markdown file."""
    parts = [f"# {escape_markdown(title)}"]
    for number, chapter in enumerate(chapters, 1):
        parts.append(f"## {number}. {escape_markdown(chapter.title)}")
        for paragraph in chapter.paragraphs:
            lead = f"**{escape_markdown(paragraph.opening.strip())}** " if paragraph.lead else ""
            parts.append(f"{lead}{escape_markdown(paragraph.text)}")
        for section in chapter.sections:
            parts.append(f"### {escape_markdown(section.title)}")
            parts += [write_block(block, level=4) for block in section.blocks]
    return "\n\n".join(parts) + "\n"
