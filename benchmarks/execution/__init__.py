"""Carries out a protocol: plan, jobs, coordinator and executors."""
