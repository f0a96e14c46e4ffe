"""All pages of the console: their addresses, what makes them, and who may see them."""

from pipeline.flow.staff.people.roles import Permission
from pipeline.web.screens import account, dashboard, deciding, entrance, queue, request
from pipeline.web.screens.admin import machine, people, proofs
from pipeline.web.visit import Page

_LOOK, _USERS = Permission.LOOK, Permission.USERS
_SETTINGS, _LOG = Permission.SETTINGS, Permission.STAFF_LOG

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
    Page("GET", "/dashboard", dashboard.show, _LOOK),
    Page("GET", "/me", account.show, _LOOK),
    Page("POST", "/me/password", account.set_password, _LOOK),
    Page("POST", "/me/sessions/end", account.end_session, _LOOK),
    Page("POST", "/me/sessions/end-others", account.end_others, _LOOK),
    Page("POST", "/me/sessions/end-all", account.end_all, _LOOK),
    Page("GET", "/admin", people.show_all, _USERS),
    Page("GET", "/admin/users", people.ask_new, _USERS),
    Page("POST", "/admin/users", people.add, _USERS),
    Page("GET", "/admin/users/{name}", people.show_one, _USERS),
    Page("POST", "/admin/users/{name}/role", people.set_role, _USERS),
    Page("POST", "/admin/users/{name}/password", people.set_password, _USERS),
    Page("POST", "/admin/users/{name}/disable", people.disable, _USERS),
    Page("POST", "/admin/users/{name}/enable", people.enable, _USERS),
    Page("POST", "/admin/users/{name}/end-sessions", people.end_sessions, _USERS),
    Page("GET", "/admin/sessions", people.show_sessions, _USERS),
    Page("POST", "/admin/sessions/end", people.end_session, _USERS),
    Page("GET", "/admin/settings", machine.settings, _SETTINGS),
    Page("GET", "/admin/mails", machine.notices, _SETTINGS),
    Page("GET", "/admin/mails/{name}", machine.notice, _SETTINGS),
    Page("GET", "/admin/mails/{name}/frame", machine.notice_mail, _SETTINGS),
    Page("GET", "/admin/health", machine.health, _SETTINGS),
    Page("POST", "/admin/health", machine.examined, _SETTINGS),
    Page("GET", "/admin/log", proofs.log, _LOG),
    Page("GET", "/admin/audit", proofs.audit, _LOG),
    Page("POST", "/admin/audit", proofs.check, _LOG),
)
