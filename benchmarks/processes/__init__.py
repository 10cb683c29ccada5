"""The one way to start a process that computes: workers, calls, and the nursery they come of."""
