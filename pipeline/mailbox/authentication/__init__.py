"""What our own mail servers say of a mail's sender (RFC 8601), and how far it can be believed."""
