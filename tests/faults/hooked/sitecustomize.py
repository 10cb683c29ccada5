"""Python imports this at its start where the folder is on its path."""

from tests.faults.breaking import install

install()
