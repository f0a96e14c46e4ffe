"""What staff do with all that is held of a person: hand it out, or erase it for good."""
