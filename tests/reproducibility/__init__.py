"""Tests of benchmarks/reproducibility."""
