"""Where steps run and how their progress is shown; front doors: ``Executor``, ``Progress``."""

from kiyas.execution.executor import Executor as Executor
from kiyas.execution.executor import Job as Job
from kiyas.execution.executor import LocalExecutor as LocalExecutor
from kiyas.execution.executor import share_out as share_out
from kiyas.execution.progress import Bar as Bar
from kiyas.execution.progress import Progress as Progress
from kiyas.execution.progress import TerminalProgress as TerminalProgress
