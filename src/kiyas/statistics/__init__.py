"""Arrays of counts and scores -> intervals, tests, corrections and plans, as frozen records.

Pure functions; no files, no torch, no pandas, no global random generator. Fractions, not
percentages; difference = A - B; what is undefined is None. Front doors: ``wilson``,
``pass_at_k_interval``, ``mcnemar``, ``compare_means``, ``max_t``, ``correct_best``,
``minimum_detectable_difference``.
"""

from kiyas.statistics.bootstrap import bca_means
from kiyas.statistics.classification import (
    accuracy,
    balanced_accuracy,
    macro_f1,
    matthews_correlation,
)
from kiyas.statistics.intervals import Interval, clopper_pearson, mean_t, wilson
from kiyas.statistics.label_metrics import MetricComparison, bootstrap_metric, compare_metric
from kiyas.statistics.multiplicity import MaxTTest, holm, max_t, simultaneous_intervals
from kiyas.statistics.paired import (
    McNemarTest,
    PairedTest,
    compare_means,
    mcnemar,
    sign_flip_p_value,
    tango,
)
from kiyas.statistics.pass_at_k import (
    ScoreVariance,
    pass_at_k,
    pass_at_k_interval,
    score_variance,
)
from kiyas.statistics.power import (
    mcnemar_power,
    minimum_detectable_difference,
    minimum_detectable_mean_difference,
    num_problems_needed,
    num_samples_needed,
    smallest_significant_gain,
)
from kiyas.statistics.roc import (
    AucComparison,
    auc,
    compare_auc,
    compare_macro_auc,
    macro_auc,
)
from kiyas.statistics.seeds import (
    SeedComparison,
    SeedVariance,
    compare_over_seeds,
    seed_variance,
)
from kiyas.statistics.selection import (
    BestCheckpoint,
    Plateau,
    PlateauStep,
    correct_best,
    expected_inflation,
    expected_max_of_normals,
    find_plateau,
    mean_discordance,
)
from kiyas.statistics.unpaired import UnpairedTest, compare_shares

__all__ = [
    "AucComparison",
    "BestCheckpoint",
    "Interval",
    "MaxTTest",
    "McNemarTest",
    "MetricComparison",
    "PairedTest",
    "Plateau",
    "PlateauStep",
    "ScoreVariance",
    "SeedComparison",
    "SeedVariance",
    "UnpairedTest",
    "accuracy",
    "auc",
    "balanced_accuracy",
    "bca_means",
    "bootstrap_metric",
    "clopper_pearson",
    "compare_auc",
    "compare_macro_auc",
    "compare_means",
    "compare_metric",
    "compare_over_seeds",
    "compare_shares",
    "correct_best",
    "expected_inflation",
    "expected_max_of_normals",
    "find_plateau",
    "holm",
    "macro_auc",
    "macro_f1",
    "matthews_correlation",
    "max_t",
    "mcnemar",
    "mcnemar_power",
    "mean_discordance",
    "mean_t",
    "minimum_detectable_difference",
    "minimum_detectable_mean_difference",
    "num_problems_needed",
    "num_samples_needed",
    "pass_at_k",
    "pass_at_k_interval",
    "score_variance",
    "seed_variance",
    "sign_flip_p_value",
    "simultaneous_intervals",
    "smallest_significant_gain",
    "tango",
    "wilson",
]
