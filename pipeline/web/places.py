"""The places beside the queue that the navigation leads to, and who is led there."""

from dataclasses import dataclass

from pipeline.flow.staff.people.roles import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A place by the first part of its path; ``key`` opens it."""

    name: str
    key: str = ""
    needs: Permission = Permission.LOOK


PLACES = (
    Place("open", needs=Permission.OPEN),
    Place("certificates", "g c"),
    Place("outbox", "g o"),
    Place("quarantine"),
    Place("numbers"),
    Place("dashboard"),
    Place("admin", needs=Permission.USERS),
)
