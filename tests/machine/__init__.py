"""Tests of benchmarks/machine."""
