"""Sentences of the analysis -> patterns with named places, by which a report finds a translation.

The analysis writes English, with the figures in it. Its sentences stand here once more as
messages, so that every language's catalogue has them; ``report.statements`` fits the two together.
"""

from kiyas.report.sentences.audit import AUDIT_SENTENCES
from kiyas.report.sentences.classification import CLASSIFICATION_SENTENCES
from kiyas.report.sentences.files import FILE_SENTENCES
from kiyas.report.sentences.texts import TEXT_SENTENCES

SENTENCES = (*CLASSIFICATION_SENTENCES, *AUDIT_SENTENCES, *FILE_SENTENCES, *TEXT_SENTENCES)
"""All patterns, and the words that may stand at their places."""

__all__ = ["SENTENCES"]
