"""Takes a fitted model out of a run."""
