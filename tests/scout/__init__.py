"""Tests of scouting."""
