"""Replies: what of a mail is new, and what was there before."""
