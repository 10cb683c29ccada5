"""The report: from numbers to tables, figures and one HTML page."""
