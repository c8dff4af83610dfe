"""Where steps run and how their progress is shown; front door: ``Progress``."""

from kiyas.execution.progress import Bar as Bar
from kiyas.execution.progress import Progress as Progress
from kiyas.execution.progress import TerminalProgress as TerminalProgress
