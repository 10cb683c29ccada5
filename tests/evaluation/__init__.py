"""Tests of the numbers that are computed from predictions."""
