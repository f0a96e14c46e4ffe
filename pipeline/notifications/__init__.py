"""From a notice to a mail on its way: its words, its headers, and what carries it."""
