"""The approval paths: one declaration a track, a pure machine, and the deadlines of each status."""
