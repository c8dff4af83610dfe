"""Classification findings and test texts -> the report's folder.

Computes no statistics: every number comes from the findings. Front door:
``write_classification_report``.
"""

from kiyas.report.classification.writing import write_classification_report

__all__ = ["write_classification_report"]
