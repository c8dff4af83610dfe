"""Examples and a base -> a trial's adapters, history and data report. Front door: ``train_trial``.

Nothing here imports torch until a trial is trained, so planning can count steps.
"""

from kiyas.training.causal_job import CausalJob as CausalJob
from kiyas.training.causal_lm import train_trial as train_trial
from kiyas.training.history import read_history as read_history
from kiyas.training.processes import train_in_processes as train_in_processes
from kiyas.training.records import DataSummary as DataSummary
from kiyas.training.records import SavedCheckpoint as SavedCheckpoint
from kiyas.training.records import StepCount as StepCount
from kiyas.training.records import TrainingSummary as TrainingSummary
from kiyas.training.steps import count_steps as count_steps
from kiyas.training.token_budget import token_budget as token_budget
