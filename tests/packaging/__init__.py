"""The wheel, installed and used far from the checkout."""
