"""Executors: where jobs run. Each keeps the contract in `contract`."""
