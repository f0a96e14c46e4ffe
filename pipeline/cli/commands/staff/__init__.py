"""The console and its people: ``pipeline serve`` and ``pipeline user``."""
