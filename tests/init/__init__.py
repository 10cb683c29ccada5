"""Tests of benchmarks/init."""
