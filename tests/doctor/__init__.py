"""Tests of benchmarks/doctor."""
