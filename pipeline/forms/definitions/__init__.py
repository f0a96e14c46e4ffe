"""What each form asks: one strict model per form, and the catalogue of all forms."""
