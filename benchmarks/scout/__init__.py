"""Scouting: which backbone, before anything is trained."""
