"""The tests: `tox` runs them all."""
