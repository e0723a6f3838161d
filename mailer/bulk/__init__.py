"""One act of staff on many letters: chosen by a filter, done in the background, stoppable."""

from mailer.bulk.acts import ACTS, Act
from mailer.bulk.jobs import Job, begin, job, jobs, running, stop
from mailer.bulk.steps import step

__all__ = ["ACTS", "Act", "Job", "begin", "job", "jobs", "running", "step", "stop"]
