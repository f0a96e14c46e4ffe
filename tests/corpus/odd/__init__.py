"""The odd mails from number 26 on: each function builds one and says how it must be read."""
