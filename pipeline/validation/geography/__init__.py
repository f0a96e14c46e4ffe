"""Countries, places and time zones, by their names in many languages."""
