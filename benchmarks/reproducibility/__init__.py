"""Verifies, merges and reproduces runs."""
