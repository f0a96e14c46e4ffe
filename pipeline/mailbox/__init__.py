"""Mail in: mailboxes (IMAP, Maildir), bytes to message, who sent it, whether a person did."""
