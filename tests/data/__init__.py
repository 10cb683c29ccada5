"""Tests of benchmarks/data."""
