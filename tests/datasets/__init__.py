"""Tests of the data sets: reading, splitting, caching and packing."""
