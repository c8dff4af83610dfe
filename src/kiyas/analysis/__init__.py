"""Scores in, findings out; front doors: ``analyse_code`` and ``audit_code``."""

from kiyas.analysis.code import analyse_code as analyse_code
from kiyas.analysis.code_audit import audit_code as audit_code
from kiyas.analysis.code_audit import name_artifacts as name_artifacts
from kiyas.analysis.decoding_noise import weigh_noise as weigh_noise
from kiyas.analysis.scored import AuditedCheckpoint as AuditedCheckpoint
from kiyas.analysis.scored import ScoredCheckpoint as ScoredCheckpoint
from kiyas.analysis.scored import Setting as Setting
from kiyas.analysis.texts import StudyTexts as StudyTexts
from kiyas.analysis.traces import TracedCheckpoint as TracedCheckpoint
