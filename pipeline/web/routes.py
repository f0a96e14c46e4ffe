"""All pages of the console: their addresses, what makes them, and who may see them."""

from pipeline.flow.staff.people.roles import Permission
from pipeline.web.screens import certificate, deciding, entrance, originals, queue, request
from pipeline.web.visit import Page

_LOOK = Permission.LOOK

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
    Page("GET", "/r/{reference}/original", originals.show_column, _LOOK),
    Page("GET", "/r/{reference}/o/{original}/page/{page:int}.png", originals.page, _LOOK),
    Page("GET", "/r/{reference}/o/{original}/picture.png", originals.picture, _LOOK),
    Page("GET", "/r/{reference}/o/{original}/mail", originals.mail, _LOOK),
    Page("GET", "/r/{reference}/o/{original}/file", originals.file, _LOOK),
    Page("GET", "/r/{reference}/certificate", certificate.show, Permission.CERTIFICATE_REVEAL),
    Page("POST", "/r/{reference}/certificate", certificate.reveal, Permission.CERTIFICATE_REVEAL),
    Page("GET", "/r/{reference}/d/{decision}", deciding.show, _LOOK),
    Page("POST", "/r/{reference}/d/{decision}/preview", deciding.preview, _LOOK),
    Page("POST", "/r/{reference}/d/{decision}", deciding.decide, _LOOK),
)
