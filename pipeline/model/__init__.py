"""The nouns of the programme and the type of every arrow: frozen, without input or output."""
