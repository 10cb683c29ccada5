"""Brings a finished model, or its answers, into a run."""
