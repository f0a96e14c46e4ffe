"""Kept files as something safe to show: pages, grids and pictures. Runs in the guarded child."""
