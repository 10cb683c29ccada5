"""What a worker does: one job, from its inputs to its file."""
