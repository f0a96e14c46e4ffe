"""The path of a request through the rooms; the only room that knows more than one stage."""
