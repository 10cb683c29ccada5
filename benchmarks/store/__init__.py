"""Everything on disk of a run, in both directions."""
