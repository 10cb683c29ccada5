"""Models that leave a run, and models that come in."""
