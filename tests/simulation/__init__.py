"""A year of the mailbox by the clock alone: customers, staff, Meta and an outage."""
