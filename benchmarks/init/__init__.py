"""Proposes a protocol for a user's own images."""
