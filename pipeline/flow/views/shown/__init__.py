"""Originals as people see them. What reads their bytes runs in the guarded child."""
