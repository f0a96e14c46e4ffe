"""Choices, yes and no, ticks: by words, signs and boxes."""
