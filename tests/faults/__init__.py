"""Faults: what the machine does to a run."""
