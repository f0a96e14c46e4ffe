"""The demo: nine days of a requests mailbox, played on a folder of its own."""
