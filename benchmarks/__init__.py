"""Figures against a plain yardstick in the same run; only the ratio travels between machines."""
