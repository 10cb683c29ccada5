"""Tests of benchmarks/engines."""
