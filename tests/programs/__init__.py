"""Real programs that people fill our forms with, driven without a screen."""
