"""The pages of staff: the door, the log, and what they decide."""
