"""Drawn faces: expressions as action units, and a pen."""
