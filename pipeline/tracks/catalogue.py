"""All tracks."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.model.form import FormKind
from pipeline.model.request import Status, Track
from pipeline.tracks.declaration import TrackDeclaration
from pipeline.tracks.help import HELP
from pipeline.tracks.migration import MIGRATION
from pipeline.tracks.onboarding import ONBOARDING
from pipeline.tracks.qr import QR

TRACKS: Mapping[Track, TrackDeclaration] = MappingProxyType(
    {track.track: track for track in (ONBOARDING, MIGRATION, QR, HELP)}
)

#: The track that each form starts.
BY_FORM: Mapping[FormKind, TrackDeclaration] = MappingProxyType(
    {track.form: track for track in TRACKS.values() if track.form is not None}
)

#: The status of each track that staff see first: a request there is untouched (``ready``).
FIRST_STAFF_STATUSES = frozenset(
    {Status.POLICY_REVIEW, Status.ELIGIBILITY_REVIEW, Status.CONTENT_REVIEW, Status.TRIAGE}
)
