"""The issuers: embedded (our own authority) and manual (staff enter what they got)."""
