"""Executors: where cells run. Each keeps the contract in `benchmarks.executors.contract`."""
