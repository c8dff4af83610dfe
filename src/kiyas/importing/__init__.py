"""Another trainer's file -> a study, and what did not map; front door: ``import_study``."""

from kiyas.importing.records import Imported as Imported
from kiyas.importing.records import LeftOut as LeftOut
from kiyas.importing.records import Mapped as Mapped
from kiyas.importing.study_file import import_study as import_study
from kiyas.importing.study_file import write_imported as write_imported
