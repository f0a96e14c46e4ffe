"""Where a reader came from, so that the page of a request leads back there.

An address carries it as ``view=``: the name of a view or a place, and behind a question mark what
was looked for in it.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from pipeline.store.queues import QueueView
from pipeline.web.places import PLACES
from pipeline.web.visit import Visit
from pipeline.wording.pages import say

_PLACES = frozenset(place.name for place in PLACES)
#: A longer search is no name for a link.
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Back:
    """A list: a view of the queue or a place (empty: none is known), narrowed by what was typed."""

    name: str = ""
    find: str = ""
    mine: bool = False

    def __str__(self) -> str:
        return self.name + self._narrowed

    @property
    def _narrowed(self) -> str:
        """What the address of the list says of it beside its name."""
        words = [f"find={quote(self.find, safe='')}"] if self.find else []
        words += ["mine=1"] if self.mine else []
        return f"?{'&'.join(words)}" if words else ""

    @property
    def view(self) -> QueueView:
        """The view of the queue; of other places what needs somebody."""
        return QueueView(self.name) if self.name in set(QueueView) else QueueView.NEEDS_ME

    @property
    def path(self) -> str:
        """The address of the list."""
        if self.name in _PLACES:
            return f"/{self.name}{self._narrowed}"
        return f"/q/{self.view.value}{self._narrowed}"

    @property
    def label(self) -> str:
        """What the list is called."""
        if self.name in _PLACES:
            return say(f"place_{self.name}")
        if self.find:
            cut = self.find if len(self.find) <= _LONGEST else f"{self.find[:_LONGEST]}…"
            return say("found_for", wanted=cut)
        return say(f"view_{self.view.value}")


def came_from(visit: Visit) -> Back:
    """Return the list that the address says the reader came from."""
    name, _, narrowed = visit.word("view").partition("?")
    if name not in _PLACES and name not in set(QueueView):
        return Back()
    found = parse_qs(narrowed)
    return Back(name, found.get("find", [""])[0], found.get("mine") == ["1"])
