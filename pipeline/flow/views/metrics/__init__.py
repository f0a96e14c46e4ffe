"""The metrics for Prometheus: what they are called, what they stand at, and their text."""
