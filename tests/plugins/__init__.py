"""Packages that bring models and data sets, installed beside ferbench."""
