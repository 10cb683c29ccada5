"""Models that leave a run for other programs, and finished models that come in from outside."""
