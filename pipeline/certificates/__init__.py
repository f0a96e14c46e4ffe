"""Certificates: the expiry rule, the authority, and the issuers behind one interface."""
