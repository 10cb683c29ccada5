"""The architectures: one file for each family, found by `models.registry.discover`."""
