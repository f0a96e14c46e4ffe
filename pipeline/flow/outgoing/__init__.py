"""From a notice to the courier."""
