"""What a message of a customer does to a request."""
