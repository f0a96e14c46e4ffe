"""All pages of the console: their addresses, what makes them, and who may see them."""

from pipeline.flow.staff.people.roles import Permission
from pipeline.web.screens import (
    certificates,
    deciding,
    entrance,
    importing,
    numbers,
    organisations,
    outbox,
    quarantine,
    queue,
    request,
)
from pipeline.web.visit import Page

_LOOK = Permission.LOOK
_OWNER = Permission.NUMBER_OWNER

PAGES: tuple[Page, ...] = (
    Page("GET", "/login", entrance.show, None),
    Page("POST", "/login", entrance.enter, None),
    Page("POST", "/logout", entrance.leave, _LOOK),
    Page("POST", "/looks", entrance.looks, None),
    Page("GET", "/", queue.home, _LOOK),
    Page("GET", "/help", entrance.help_page, _LOOK),
    Page("GET", "/q/{view}", queue.show, _LOOK),
    Page("GET", "/counts", queue.counts, _LOOK),
    Page("GET", "/r/{reference}", request.show, _LOOK),
    Page("POST", "/r/{reference}/here", request.here, _LOOK),
    Page("GET", "/r/{reference}/d/{decision}", deciding.show, _LOOK),
    Page("POST", "/r/{reference}/d/{decision}/preview", deciding.preview, _LOOK),
    Page("POST", "/r/{reference}/d/{decision}", deciding.decide, _LOOK),
    Page("GET", "/certificates", certificates.show, _LOOK),
    Page("GET", "/certificates/calendar.ics", certificates.calendar, _LOOK),
    Page("POST", "/certificates/{serial}/text", certificates.text, Permission.CERTIFICATE_REVEAL),
    Page("GET", "/outbox", outbox.show, _LOOK),
    Page("POST", "/outbox/retry", outbox.retry_all, Permission.OUTBOX),
    Page("POST", "/outbox/resume", outbox.resume, Permission.OUTBOX),
    Page("GET", "/outbox/{mail}", outbox.mail, _LOOK),
    Page("POST", "/outbox/{mail}/cancel", outbox.cancel, Permission.OUTBOX),
    Page("POST", "/outbox/{mail}/retry", outbox.retry, Permission.OUTBOX),
    Page("GET", "/quarantine", quarantine.show, _LOOK),
    Page("GET", "/quarantine/{entry}", quarantine.entry, _LOOK),
    Page("POST", "/quarantine/{entry}/release", quarantine.release, Permission.QUARANTINE),
    Page("POST", "/quarantine/{entry}/drop", quarantine.drop, Permission.QUARANTINE),
    Page("GET", "/quarantine/{entry}/raw", quarantine.raw, Permission.QUARANTINE),
    Page("GET", "/numbers", numbers.show, _LOOK),
    Page("GET", "/numbers/set", numbers.form, _OWNER),
    Page("POST", "/numbers/set", numbers.record, _OWNER),
    Page("GET", "/numbers/import", importing.form, _OWNER),
    Page("POST", "/numbers/import", importing.take, _OWNER),
    Page("GET", "/numbers/organisations", organisations.show, _LOOK),
    Page("POST", "/numbers/organisations", organisations.add, _OWNER),
    Page("POST", "/numbers/organisations/remove", organisations.remove, _OWNER),
    Page("GET", "/numbers/{number}", numbers.one, _LOOK),
)
