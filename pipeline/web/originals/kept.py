"""The originals of one request as the console shows them, each made once and kept a while."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from pipeline.errors import NotFoundError
from pipeline.flow.services import Services
from pipeline.flow.views.original import (
    KeptBytes,
    Original,
    OriginalId,
    OriginalKind,
    kept_bytes,
    originals_of_request,
    places_of,
    read_id,
    show_boxes,
    show_mail,
    show_page,
    show_pages,
    show_picture,
    show_sheet,
    show_text,
)
from pipeline.flow.views.shown.values import MailView, ShownFile, TextView
from pipeline.forms.shown.boxes import AnswerBox
from pipeline.forms.shown.faults import NotShown
from pipeline.forms.shown.pages import PdfPages, Picture
from pipeline.forms.shown.sheet import SheetGrid
from pipeline.store.records import RequestRecord
from pipeline.web.console import Console

T = TypeVar("T")

#: What is opened first where the address names nothing: the form, then other files, then the mail.
_FIRST = (OriginalKind.FORM, OriginalKind.FILE, OriginalKind.MAIL_IN, OriginalKind.MAIL_OUT)


@dataclass
class Originals:
    """The originals of ``record``; no mail or file of another request is shown by it."""

    console: Console
    record: RequestRecord

    @cached_property
    def list(self) -> tuple[Original, ...]:
        """All of them, oldest first."""
        with self.console.base.store.read() as tx:
            return originals_of_request(tx, self.record.id)

    @cached_property
    def first(self) -> Original | None:
        """The one that is opened first: the latest form whose bytes are kept."""
        there = [one for one in self.list if one.is_there]
        for kind in _FIRST:
            found = [one for one in there if one.kind is kind]
            if found:
                return found[0] if kind is OriginalKind.MAIL_IN else found[-1]
        return None

    def form_with(self, field: str) -> Original | None:
        """Return the latest form that has a place for the answer ``field``, or None."""
        forms = [one for one in self.list if one.kind is OriginalKind.FORM and one.is_there]
        return next((one for one in reversed(forms) if field in self.places(one.id)), None)

    def named(self, text: str) -> OriginalId:
        """Return the original that an address names.

        Its mail has to be one of this request, and its bytes kept: what was erased is not shown
        from memory. Raises NotFoundError ``original_unknown``.
        """
        found = read_id(text)
        mails = {
            (mail.outgoing, mail.row)
            for one in self.list
            if one.is_there and (mail := read_id(one.id)) is not None
        }
        if found is None or (found.outgoing, found.row) not in mails:
            raise NotFoundError("original_unknown", reference=self.record.reference)
        return found

    def places(self, original: str) -> Mapping[str, str]:
        """Return field → where its answer stands in a form; of other originals nothing."""
        named = read_id(original)
        if named is None or not named.sha256:
            return {}
        with self.console.base.store.read() as tx:
            return places_of(tx, self.record.id, named.sha256)

    def is_ready(self, original: str) -> bool:
        """Tell whether what the column shows first of an original is there without the child."""
        named = read_id(original)
        kind = "described" if named is not None and named.sha256 else "mail"
        return self.console.previews.has((original, kind))

    def file(self, named: OriginalId) -> ShownFile | NotShown:
        """Return what the bytes of a file are."""

        def described(services: Services) -> ShownFile | NotShown:
            kept = kept_bytes(services, named)
            return kept if isinstance(kept, NotShown) else kept.file

        return self._get((str(named), "described"), described)

    def bytes(self, named: OriginalId) -> KeptBytes | NotShown:
        """Return the bytes of an original; they are kept nowhere in memory."""
        return kept_bytes(self._services, named)

    def mail(self, named: OriginalId) -> MailView | NotShown:
        """Return a mail."""
        mail = replace(named, sha256="")
        return self._get((str(mail), "mail"), lambda services: show_mail(services, mail))

    def pages(self, named: OriginalId) -> PdfPages | NotShown:
        """Return how many pages a PDF has."""
        return self._get((str(named), "pages"), lambda services: show_pages(services, named))

    def page(self, named: OriginalId, page: int, width: int) -> Picture | NotShown:
        """Return one page of a PDF."""
        key = (str(named), "page", page, width)
        return self._get(key, lambda services: show_page(services, named, page, width))

    def picture(self, named: OriginalId) -> Picture | NotShown:
        """Return a picture."""
        return self._get((str(named), "picture"), lambda services: show_picture(services, named))

    def text(self, named: OriginalId) -> TextView | NotShown:
        """Return a file of text."""
        return self._get((str(named), "text"), lambda services: show_text(services, named))

    def boxes(self, named: OriginalId) -> tuple[AnswerBox, ...] | NotShown:
        """Return where the answers stand on the pages of a PDF."""
        places = self.places(str(named))
        if not places:
            return ()
        key = (str(named), "boxes", tuple(sorted(places.items())))
        return self._get(key, lambda services: show_boxes(services, named, places))

    def sheet(self, named: OriginalId) -> SheetGrid | NotShown:
        """Return a workbook."""
        places = self.places(str(named))
        key = (str(named), "sheet", tuple(sorted(places.items())))
        return self._get(key, lambda services: show_sheet(services, named, places))

    @property
    def _services(self) -> Services:
        return self.console.services(self.console.previews.guard())

    def _get(
        self, key: tuple[object, ...], make: Callable[[Services], T | NotShown]
    ) -> T | NotShown:
        return self.console.previews.get(key, lambda: make(self._services))
