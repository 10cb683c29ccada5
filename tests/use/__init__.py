"""Tests of using a fitted model."""
