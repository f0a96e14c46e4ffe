"""What an approved qr request gets: files with the chat link, or Meta's short link in its place.

A short link is ordered in the transaction that asks for it, and made after its commit
(:mod:`pipeline.flow.lifecycle.short_links`), as certificates are.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from pipeline.errors import RefusedError
from pipeline.flow.context import NoticeDetails
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import is_of_another
from pipeline.model.identifiers import new_id
from pipeline.model.request import Actor, Event, EventName, Status
from pipeline.qr.click_to_chat import message_of
from pipeline.qr.make import QrOrder, QrResult, make
from pipeline.store.records import RequestRecord
from pipeline.store.short_link_records import LinkAction, LinkOrder, LinkState

_NOT_MADE = QrResult(link="", chat_link="", files=(), button="", signature="")
#: Why staff do what is done to a short link.
_NEEDS_PROVIDER = "needs_provider"
_SHORT = "https://wa.me/message/"
#: The variant of the mail that tells of each action.
_VARIANTS = {LinkAction.NEW: "", LinkAction.UPDATE: "updated", LinkAction.DELETE: "deleted"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the answers ask for: the action, the link that it is done to, and the text to type in.

    ``values`` are all answers by their fields.
    """

    action: LinkAction
    code: str
    text: str
    values: Mapping[str, str | None]

    @property
    def sha256(self) -> str:
        """The digest of the text, by which it is compared with what Meta tells."""
        return text_digest(self.text)


def text_digest(text: str) -> str:
    """Return the digest of the text of a short link; how its lines are broken does not count."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def wanted(work: Work, record: RequestRecord) -> Wanted | None:
    """Return what the latest answers of a qr request ask for, or None when they do not say it."""
    revision = work.tx.revisions.latest(record.id)
    values = {reading.field: reading.value for reading in revision.readings} if revision else {}
    try:
        action = LinkAction(values.get("qr_action") or "")
    except ValueError:
        return None
    text = "" if action is LinkAction.DELETE else message_of(values.get("prefilled_message") or "")
    code = "" if action is LinkAction.NEW else values.get("existing_code") or ""
    return Wanted(action, code, text, values)


def followed(work: Work, record: RequestRecord) -> tuple[Event, NoticeDetails] | None:
    """Return what follows the approval of a qr request, or None while Meta is still asked.

    Without a provider, staff do what is done to a short link.
    """
    if is_of_another(work, record):
        alert(work, "number_of_another", record.reference)
        return _refused(work, "number_of_another")
    found = wanted(work, record)
    # Meta has no short link without a text: the chat link does without one
    if found is not None and found.action is LinkAction.NEW and not (found.text and _asks(work)):
        return _made(work, record, found)
    if found is None or not _asks(work):
        return _not_made(work, record, _NEEDS_PROVIDER)
    return _by_meta(work, record, found)


def is_done_by_hand(work: Work, record: RequestRecord) -> bool:
    """Tell whether staff have approved what only they can do: a link without a provider."""
    if record.status is not Status.CONTENT_REVIEW or _asks(work):
        return False
    moves = [line for line in work.tx.events.list(record.id) if line.event is not None]
    refused = bool(moves) and moves[-1].event is EventName.PROVIDER_REFUSED
    return refused and dict(moves[-1].detail).get("error") == _NEEDS_PROVIDER


def _by_meta(
    work: Work, record: RequestRecord, found: Wanted
) -> tuple[Event, NoticeDetails] | None:
    order = _ordered(work, record, found)
    if order.state is LinkState.DONE:
        return _made(work, record, found, order.url)
    if order.state is LinkState.REFUSED:
        return _not_made(work, record, order.reason)
    return None


def _asks(work: Work) -> bool:
    return work.services.settings.qr.provider != "none"


def _not_made(work: Work, record: RequestRecord, error: str) -> tuple[Event, NoticeDetails]:
    alert(work, "qr_not_made", record.reference, error)
    return _refused(work, error)


def _refused(work: Work, error: str) -> tuple[Event, NoticeDetails]:
    event = Event(EventName.PROVIDER_REFUSED, Actor.SYSTEM, work.now, error=error)
    return event, NoticeDetails()


def _made(
    work: Work, record: RequestRecord, found: Wanted, short_link: str = ""
) -> tuple[Event, NoticeDetails]:
    try:
        details = _delivery(work, record, found, short_link)
    except RefusedError as refused:
        return _not_made(work, record, refused.code)
    variant = _VARIANTS[found.action]
    return Event(EventName.MADE, Actor.SYSTEM, work.now, variant=variant), details


def done_by_staff(work: Work, record: RequestRecord) -> tuple[str, NoticeDetails]:
    """Return the variant of the mail, and what it says, when staff have done what is asked for."""
    found = wanted(work, record)
    if found is None:
        return "", NoticeDetails()
    orders = work.tx.short_links.of_request(record.id)
    made = [one.url for one in orders if one.url and one.sha256 == found.sha256]
    known = _SHORT + found.code if found.action is LinkAction.UPDATE and found.code else ""
    details = _delivery(work, record, found, made[-1] if made else known)
    return _VARIANTS[found.action], details


def _delivery(work: Work, record: RequestRecord, found: Wanted, short_link: str) -> NoticeDetails:
    """Return the links and files that the mail brings; of a deleted link there are none."""
    if found.action is LinkAction.DELETE:
        return NoticeDetails()
    values = found.values
    opt_in = values.get("used_for_opt_in") == "yes"
    order = QrOrder(
        number=record.number,
        text=found.text,
        formats=values.get("image_format") or "both",
        language=record.language,
        business=record.company,
        reference=record.reference,
        opt_in=values.get("opt_in_wording") or "" if opt_in else "",
        short_link=short_link,
    )
    made = work.making.get(_NOT_MADE, partial(make, order))
    return NoticeDetails(
        files=made.files,
        chat_link=made.chat_link,
        short_link=short_link,
        print_mm=made.print_mm,
    )


def _ordered(work: Work, record: RequestRecord, found: Wanted) -> LinkOrder:
    """Return the order that counts for the request as it is now; it is placed when there is none.

    While one may have reached Meta no other is placed. A request has one new link at most: when its
    text was changed after the link was made, that link is changed.
    """
    orders = [_still_wanted(work, one, record) for one in work.tx.short_links.of_request(record.id)]
    under_way = next((order for order in orders if order.unfinished), None)
    if under_way is not None:
        return under_way
    stay = record.state.entered_at
    same = [order for order in orders if order.sha256 == found.sha256]
    of_stay = [one for one in same if one.stay == stay and one.state is not LinkState.DROPPED]
    if of_stay:
        return of_stay[-1]
    action, code = found.action, found.code
    made = [order for order in orders if order.state is LinkState.DONE and order.code]
    if action is LinkAction.NEW and made:
        if made[-1].sha256 == found.sha256:
            return made[-1]
        action, code = LinkAction.UPDATE, made[-1].code
    order = LinkOrder(
        id=new_id(),
        request_id=record.id,
        number=record.number,
        action=action,
        state=LinkState.WANTED,
        stay=stay,
        ordered_at=work.now,
        sha256=found.sha256,
        code=code,
        next_at=work.now,
    )
    work.tx.short_links.order(order)
    return order


def _still_wanted(work: Work, order: LinkOrder, record: RequestRecord) -> LinkOrder:
    """Drop an order of an earlier stay that has not been asked for; return it as it is then."""
    if order.state is not LinkState.WANTED or order.stay == record.state.entered_at:
        return order
    locked = work.tx.short_links.lock(order.id)
    if locked is None or locked.state is not LinkState.WANTED:
        return locked or order
    dropped = replace(locked, state=LinkState.DROPPED, ended_at=work.now, next_at=None)
    work.tx.short_links.save(dropped)
    return dropped


def is_wanted(work: Work, record: RequestRecord | None, order: LinkOrder) -> bool:
    """Tell whether the request still waits for what ``order`` asks, with the same text."""
    if record is None or record.status is not Status.MAKING or is_of_another(work, record):
        return False
    found = wanted(work, record)
    same_stay = order.stay == record.state.entered_at
    return found is not None and same_stay and found.sha256 == order.sha256
