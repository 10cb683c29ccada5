"""The doctor: what this installation can do, and what to do where it cannot."""
