"""The data sets: one file for each, found by `datasets.registry.discover`."""
