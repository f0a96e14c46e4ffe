"""What the words of a reply ask for: sentences, phrases, and whatever speaks against them."""
