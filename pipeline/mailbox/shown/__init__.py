"""What of a mail is shown to people. Runs in the guarded child."""
