"""From the mail server to the ledger and back. It knows nothing of staff."""
