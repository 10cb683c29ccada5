"""The words of the report: methods, prose, references."""
