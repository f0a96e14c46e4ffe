"""The issuers: embedded (our own authority), manual (staff enter it), meta (Meta is asked)."""
