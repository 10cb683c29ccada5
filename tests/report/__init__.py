"""Tests of the page and the tables."""
