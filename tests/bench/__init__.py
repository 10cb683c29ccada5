"""Tests of benchmarks/bench."""
