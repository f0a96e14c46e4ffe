"""Once a batch; no request is decided."""
