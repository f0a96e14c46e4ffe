"""Writes a form as a tagged, fillable PDF; ``form.build_pdf`` is the entry."""
