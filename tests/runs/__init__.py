"""Whole runs on the synthetic set."""
