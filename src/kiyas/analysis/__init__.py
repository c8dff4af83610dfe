"""Scores in, findings out; front door: ``analyse_code``."""

from kiyas.analysis.code import ScoredCheckpoint as ScoredCheckpoint
from kiyas.analysis.code import Setting as Setting
from kiyas.analysis.code import analyse_code as analyse_code
