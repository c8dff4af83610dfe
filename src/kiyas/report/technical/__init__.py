"""Content of a report and the study's setup -> a technical report, as Markdown and Word.

Front doors: ``make_chapters``, ``render_technical_markdown`` and ``render_word``.
"""

from kiyas.report.technical.chapters import make_chapters
from kiyas.report.technical.markdown import render_technical_markdown
from kiyas.report.technical.records import Chapter, Paragraph
from kiyas.report.technical.word import render_word

__all__ = ["Chapter", "Paragraph", "make_chapters", "render_technical_markdown", "render_word"]
