"""Bounces: what comes back by mail, read without a guess."""

from mailer.bounces.reader import read
from mailer.bounces.values import Bounce, Kind

__all__ = ["Bounce", "Kind", "read"]
