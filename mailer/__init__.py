"""The mailer: a supporter's letter, once thanked for, reaches each official as approved."""

__version__ = "0.1.0"
