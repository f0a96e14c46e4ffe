"""Phone numbers: from what people type to E.164, with the strictest meaning."""
