"""Tests of benchmarks/store."""
