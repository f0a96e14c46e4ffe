"""A submission judged, worded and kept."""
