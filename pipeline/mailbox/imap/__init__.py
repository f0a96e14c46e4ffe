"""A mailbox on an IMAP server: its line, what is fetched, moved and told of new mail."""
