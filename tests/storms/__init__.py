"""Storms: the promise under kills, outages and faults, with the relay's own log as the truth."""
