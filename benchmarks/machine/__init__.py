"""This machine: what it is and how it is timed."""
