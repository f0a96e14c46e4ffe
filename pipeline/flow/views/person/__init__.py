"""All that is held of a person, as an archive to hand out; nothing is written into the state."""
