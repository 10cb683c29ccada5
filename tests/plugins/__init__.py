"""Packages that bring models, data sets, engines and executors, installed beside ferbench."""
