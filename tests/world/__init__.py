"""One small world for all tests: its settings, customers, mails, mailbox, outbox and staff."""
