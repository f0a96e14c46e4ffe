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


def _hiding(track: TrackDeclaration) -> frozenset[Status]:
    """Return where a doubt stops a request: wherever others than the customer move it on."""
    way = track.journey_steps()
    first = way.index(next(step for step in way if step.move is Move.STAFF))
    found = {step.status for step in way[first:] if step.move not in {Move.CUSTOMER, Move.NOBODY}}
    return frozenset(found | CERTIFICATE_STATUSES.intersection(step.status for step in track.steps))


#: Where a certificate is out, or was: the customer may order the next one there.
CERTIFICATE_STATUSES = frozenset({Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED})
#: The statuses that a hold takes the place of while something about the number is in doubt.
HIDING_STATUSES = frozenset[Status]().union(*(_hiding(track) for track in TRACKS.values()))
