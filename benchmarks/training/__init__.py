"""Training: one stream and one loop for every engine."""
