"""What the commands show and ask: pages, tables of answers, the interview of ``init``."""
