"""Training: one stream, one loop, and an engine for each numerical library."""
