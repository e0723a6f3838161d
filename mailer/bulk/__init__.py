"""One act of staff on many letters: chosen by a filter, done in the background, stoppable."""

from mailer.bulk.acts import ACTS, FINAL, Act, do
from mailer.bulk.jobs import Job, begin, job, jobs, running, stop
from mailer.bulk.steps import step
from mailer.bulk.undoing import MOST, may_undo, undo, undoable, undone_by

__all__ = [
    "ACTS",
    "FINAL",
    "MOST",
    "Act",
    "Job",
    "begin",
    "do",
    "job",
    "jobs",
    "may_undo",
    "running",
    "step",
    "stop",
    "undo",
    "undoable",
    "undone_by",
]
