"""Records <-> the run folder: names, atomic writes, content keys, lock; door: ``RunFolder``."""

from kiyas.run_folder.classification import ClassificationFolder as ClassificationFolder
from kiyas.run_folder.classification import ClassifierFolder as ClassifierFolder
from kiyas.run_folder.classification import PredictionsFolder as PredictionsFolder
from kiyas.run_folder.classification import ScoresFolder as ScoresFolder
from kiyas.run_folder.completions import read_completions as read_completions
from kiyas.run_folder.files import LineWriter as LineWriter
from kiyas.run_folder.files import appending_lines as appending_lines
from kiyas.run_folder.files import hash_file as hash_file
from kiyas.run_folder.files import hash_values as hash_values
from kiyas.run_folder.files import read_json as read_json
from kiyas.run_folder.files import read_lines as read_lines
from kiyas.run_folder.files import read_records as read_records
from kiyas.run_folder.files import write_bytes as write_bytes
from kiyas.run_folder.files import write_json as write_json
from kiyas.run_folder.files import write_text as write_text
from kiyas.run_folder.files import writing as writing
from kiyas.run_folder.folder import RunFolder as RunFolder
from kiyas.run_folder.folder import TrialFolder as TrialFolder
from kiyas.run_folder.mirror import Mirror as Mirror
from kiyas.run_folder.mirror import storage_address as storage_address
from kiyas.run_folder.step import Change as Change
from kiyas.run_folder.step import Inputs as Inputs
from kiyas.run_folder.step import Step as Step
from kiyas.run_folder.step import StepState as StepState
