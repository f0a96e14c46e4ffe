"""All tracks, each from the module that is called like it."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from pipeline.model.form import FormKind
from pipeline.model.request import Move, Status, Track
from pipeline.tracks.declaration import TrackDeclaration


def _declared(track: Track) -> TrackDeclaration:
    declaration: TrackDeclaration = import_module(f"pipeline.tracks.{track.value}").DECLARATION
    return declaration


TRACKS: Mapping[Track, TrackDeclaration] = MappingProxyType(
    {track: _declared(track) for track in Track}
)

#: The track that each form starts.
BY_FORM: Mapping[FormKind, TrackDeclaration] = MappingProxyType(
    {track.form: track for track in TRACKS.values() if track.form is not None}
)


def _first_of_staff(track: TrackDeclaration) -> Status:
    return next(step.status for step in track.journey_steps() if step.move is Move.STAFF)


#: The status of each track that staff see first: a request there is untouched (``ready``).
FIRST_STAFF_STATUSES = frozenset(_first_of_staff(track) for track in TRACKS.values())
