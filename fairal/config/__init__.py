"""What is asked: an experiment, validated once. Nothing here imports anything heavy."""

from fairal.config.arm import Arm
from fairal.config.cohort import FIELDS_OF_VIEW, FolderCohort, GroupConfig, SyntheticCohort
from fairal.config.experiment import ExperimentConfig, LearnerConfig, QueryConfig
from fairal.config.fields import LIMITS, digest
from fairal.config.study import parse_experiment, parse_study, parse_text, read_study, study_json

__all__ = [
    "FIELDS_OF_VIEW",
    "LIMITS",
    "Arm",
    "ExperimentConfig",
    "FolderCohort",
    "GroupConfig",
    "LearnerConfig",
    "QueryConfig",
    "SyntheticCohort",
    "digest",
    "parse_experiment",
    "parse_study",
    "parse_text",
    "read_study",
    "study_json",
]
