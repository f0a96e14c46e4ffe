"""Administration: people, sessions, settings, mails, the log of staff, and proofs."""
