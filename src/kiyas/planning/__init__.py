"""Study -> its plan: jobs, cost, and what the test items can show. Front door: ``make_plan``.

Trains nothing, loads no model and no torch, and fetches nothing.
"""

from pathlib import Path

from kiyas.config import ClassificationStudy, Study
from kiyas.planning.classification import ClassificationPlan as ClassificationPlan
from kiyas.planning.classification import PlannedClassifier as PlannedClassifier
from kiyas.planning.classification import plan_classification
from kiyas.planning.code import Plan as Plan
from kiyas.planning.code import PlannedAudit as PlannedAudit
from kiyas.planning.code import PlannedTrial as PlannedTrial
from kiyas.planning.code import plan_code
from kiyas.planning.cost import Detectable as Detectable


def make_plan(study: Study, study_dir: Path) -> Plan | ClassificationPlan:
    """Plan a study of either task.

    Args:
        study: The study, without conflicts.
        study_dir: Folder of the study file, where relative paths begin.

    Raises:
        KiyasError: A local data source or the benchmark cannot be read.
    """
    if isinstance(study, ClassificationStudy):
        return plan_classification(study, study_dir)
    return plan_code(study, study_dir)
