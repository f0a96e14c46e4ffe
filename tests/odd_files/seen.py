"""What became of a file that came by mail: requests, answers, problems, and what people read."""

import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.clock import SettableClock
from pipeline.flow.services import Services, Work
from pipeline.flow.services.state import open_store
from pipeline.flow.views.request import RequestView, request_view
from pipeline.guard import Guard
from pipeline.store.unit_of_work import Store
from tests.world.customers import SENDERS
from tests.world.mails import Customer
from tests.world.settings import STAFF, settings_of
from tests.world.world import START, World

_LETTERS = {
    "en": "Good morning, please find our form attached.\n",
    "ja": "お世話になっております。フォームを添付いたします。\n",
    "de": "Guten Tag, anbei das ausgefüllte Formular.\n",
}


@dataclass(frozen=True)
class Seen:
    """What the mail with one file led to.

    ``views`` are the requests as staff see them, ``mail`` is all that the customer read.
    """

    views: tuple[RequestView, ...]
    mail: str
    answers: tuple[dict[str, tuple[str, str | None, str]], ...]

    @property
    def asked(self) -> frozenset[str]:
        """The questions at which the customer is asked; empty for one about the whole file."""
        return frozenset(
            problem.field
            for view in self.views
            for problem in view.problems
            if problem.audience == "customer" and problem.severity in {"ask", "error"}
        )

    @property
    def warned(self) -> tuple[str, ...]:
        """The codes of what staff must tick off."""
        return tuple(
            problem.code
            for view in self.views
            for problem in view.problems
            if problem.audience == "staff"
        )

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """The problems as pairs of question and code."""
        return tuple((item.field, item.code) for view in self.views for item in view.problems)

    @property
    def asking(self) -> str:
        """What the customer is asked, in all places."""
        return _bare(self.mail)

    @property
    def staffs_list(self) -> str:
        """What staff must tick off, in words."""
        said = (
            problem.message
            for view in self.views
            for problem in view.problems
            if problem.audience == "staff"
        )
        return _bare("\n".join(said))

    @property
    def kept(self) -> str:
        """The answers and what stands beside them, as the submissions hold them."""
        raw = (text for one in self.answers for text, _, _ in one.values())
        beside = (item.words for view in self.views for item in view.left_over)
        return _bare("\n".join((*raw, *beside)))

    @property
    def places(self) -> str:
        """Where it stands beside the answers, and whose it is, as staff see it there."""
        return _bare("\n".join(item.where for view in self.views for item in view.left_over))


def _bare(text: str) -> str:
    """Return ``text`` without blanks, case and width, which mails and readers may change."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if not sign.isspace() and _is_seen(sign))


def _is_seen(sign: str) -> bool:
    return sign.isascii() or unicodedata.category(sign) != "Cf"


def says(text: str, words: str) -> bool:
    """Whether ``words`` are told in ``text``, which is bare; long ones are cut when told."""
    return _bare(words)[:60] in text


class Desk:
    """Mails files to new worlds, one after the other."""

    def __init__(self, guard: Guard, folder: Path) -> None:
        self.guard = guard
        self.folder = folder
        self.count = 0
        self.empty = folder / "empty.sqlite3"
        Store.open(f"sqlite:///{self.empty}", mailbox_id="main", blobs=folder).close()

    def mail(self, language: str, name: str, content: bytes) -> Seen:
        """Return what a mail with one file leads to."""
        self.count += 1
        home = self.folder / f"state_{self.count}"
        home.mkdir(mode=0o700)
        shutil.copy(self.empty, home / "requests.sqlite3")
        settings = settings_of(home, store={"url": ""}, team={"alert_to": STAFF})
        clock = SettableClock(START)
        store = open_store(settings, clock, make=True)
        try:
            services = Services(settings, clock, store, store.blobs, self.guard)
            return _mail(World(services, clock, Customer(clock)), language, name, content)
        finally:
            store.close()
            shutil.rmtree(home)


def _mail(world: World, language: str, name: str, content: bytes) -> Seen:
    sender = SENDERS[language]
    mails = world.mail(sender, (name, content), text=_LETTERS[language])
    records = world.requests_of(sender)
    with world.services.store.read() as tx:
        work = Work(tx, world.services, world.clock.now())
        views = tuple(request_view(work, record) for record in records)
    answers = tuple(
        {item.field: (item.raw, item.value, item.verdict) for item in revision.readings}
        for record in records
        for revision in world.revisions(record)[-1:]
    )
    return Seen(views, "\n".join(mail.text for mail in mails), answers)


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Open a desk with a guarded child of its own."""
    with Guard() as guard:
        yield Desk(guard, folder)
