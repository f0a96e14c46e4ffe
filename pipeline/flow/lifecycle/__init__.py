"""One event on one request, and what the system does by itself."""
