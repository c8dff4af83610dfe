"""Checkpoints and a benchmark -> completions on disk; the front door is ``predict_completions``."""

from kiyas.prediction.completions import CheckpointRequest as CheckpointRequest
from kiyas.prediction.completions import predict_completions as predict_completions
