"""What staff fill in for a decision, and which decision of flow.staff comes of it."""
