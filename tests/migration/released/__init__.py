"""Databases of the schemas that have been out, and how one more is written."""

from pathlib import Path

FOLDER = Path(__file__).parent
#: The mailbox of the demo.
MAILBOX = "main"
