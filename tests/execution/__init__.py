"""Tests of benchmarks/execution."""
