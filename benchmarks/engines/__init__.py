"""The numerical libraries: one folder for each, behind one contract."""
