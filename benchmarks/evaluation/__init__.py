"""Scoring: from stored predictions to numbers; it knows results only, no models."""
