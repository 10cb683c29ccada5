"""The audit: what is wrong with a data set, before anything trains."""
