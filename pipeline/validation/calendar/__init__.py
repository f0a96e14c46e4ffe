"""Dates and times of day, in the calendars and languages of the world."""
