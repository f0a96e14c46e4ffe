"""Every page of the console: an address for each, with what it shows taken from the world."""

from collections.abc import Iterator

from pipeline.flow.views.request import request_view
from pipeline.notifications.preview.samples import samples
from pipeline.store.queues import QueueView
from pipeline.store.records import RequestRecord
from pipeline.web.decisions.catalogue import offers
from pipeline.web.decisions.form import Subject
from tests.browser.console import Running

#: What is no page of its own: pieces, files, and pages within pages.
NO_PAGES = frozenset(
    {
        "/counts",
        "/certificates/calendar.ics",
        "/quarantine/{entry}/raw",
        "/r/{reference}/certificate",
        "/r/{reference}/original",
        "/r/{reference}/o/{original}/page/{page:int}.png",
        "/r/{reference}/o/{original}/picture.png",
        "/r/{reference}/o/{original}/mail",
        "/r/{reference}/o/{original}/file",
        "/admin/mails/{name}/frame",
    }
)


def examples(running: Running, records: list[RequestRecord]) -> dict[str, list[str]]:
    """Return the addresses of each page by its pattern; ``records`` are the requests shown."""
    world = running.world
    with world.services.store.read() as tx:
        mails = [row.id for record in records[:1] for row in tx.outbox.of_request(record.id)]
    first = records[0].reference
    return {
        "/login": ["/login"],
        "/": ["/"],
        "/help": ["/help"],
        "/q/{view}": [f"/q/{view.value}" for view in QueueView] + ["/q/all?find=nobody-at-all"],
        "/r/{reference}": [f"/r/{record.reference}?view=new" for record in records],
        "/certificates/{serial}/text": [
            f"/certificates/{row.serial}/text"
            for one in records
            for row in world.certificates(one)
            if row.text
        ],
        "/r/{reference}/d/{decision}": list(_decisions(running, records)),
        "/open": ["/open"],
        "/certificates": ["/certificates"],
        "/outbox": ["/outbox"],
        "/outbox/{mail}": [f"/outbox/{mail}" for mail in mails[:1]],
        "/quarantine": ["/quarantine"],
        "/quarantine/{entry}": [f"/quarantine/{entry}" for entry in world.quarantined()[:1]],
        "/numbers": ["/numbers"],
        "/numbers/set": ["/numbers/set"],
        "/numbers/import": ["/numbers/import"],
        "/numbers/organisations": ["/numbers/organisations"],
        "/numbers/{number}": [f"/numbers/{records[0].number}"],
        "/dashboard": ["/dashboard", "/dashboard?days=90"],
        "/me": ["/me"],
        "/admin": ["/admin"],
        "/admin/users": ["/admin/users"],
        "/admin/users/{name}": ["/admin/users/admin"],
        "/admin/sessions": ["/admin/sessions"],
        "/admin/settings": ["/admin/settings"],
        "/admin/mails": ["/admin/mails"],
        "/admin/mails/{name}": [f"/admin/mails/{next(samples('en')).name}"],
        "/admin/health": ["/admin/health"],
        "/admin/log": ["/admin/log"],
        "/admin/audit": ["/admin/audit"],
        "": [f"/r/{first}/d/no-such-decision", "/nowhere"],
    }


def _decisions(running: Running, records: list[RequestRecord]) -> Iterator[str]:
    """Yield the page of each decision once, at the first request that it is possible for."""
    services, seen = running.world.services, set()
    for record in records:
        with services.store.read() as tx:
            view = request_view(services.work(tx), record)
        for offer in offers(Subject(services, record, view)):
            if offer.form.name not in seen:
                seen.add(offer.form.name)
                yield f"/r/{record.reference}/d/{offer.form.name}"
