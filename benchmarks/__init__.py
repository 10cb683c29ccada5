"""The harness: protocols, runs, results and reports."""
