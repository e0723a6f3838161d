"""The commands. Data goes to stdout, messages to stderr; 0 done, 1 failed, 2 usage or problems."""

from mailer.cli.main import main

__all__ = ["main"]
