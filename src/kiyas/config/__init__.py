"""Study file in, checked study out; front door: ``load_study``."""

from kiyas.config.classification import ClassificationStudy as ClassificationStudy
from kiyas.config.classification import ClassifierArm as ClassifierArm
from kiyas.config.classification import ClassifierLora as ClassifierLora
from kiyas.config.classification import ClassifierTrainSettings as ClassifierTrainSettings
from kiyas.config.execution import ExecutionSettings as ExecutionSettings
from kiyas.config.parsing import check_study as check_study
from kiyas.config.parsing import load_study as load_study
from kiyas.config.parsing import read_classifier_settings as read_classifier_settings
from kiyas.config.parsing import study_schema as study_schema
from kiyas.config.prediction import PredictSettings as PredictSettings
from kiyas.config.resolved import dump_study as dump_study
from kiyas.config.resolved import resolved_values as resolved_values
from kiyas.config.schema import ArmSettings as ArmSettings
from kiyas.config.schema import BenchmarkSettings as BenchmarkSettings
from kiyas.config.schema import CodeStudy as CodeStudy
from kiyas.config.schema import DataSource as DataSource
from kiyas.config.schema import LoraSettings as LoraSettings
from kiyas.config.schema import ScoreSettings as ScoreSettings
from kiyas.config.schema import TrainSettings as TrainSettings
from kiyas.config.tasks import Study as Study
