"""Every call of the client, with what it needs."""

from collections.abc import Callable

from pipeline.meta.api import CodeMethod, Graph

CODE = "ABCDEFGHIJKLM1"
#: Named, since a traceback shows the line of a call.
OWNERSHIP, PIN = "424242", "737373"
#: What each call is named by the server, and how it is made of a number's id.
CALLS: dict[str, tuple[str, Callable[[Graph, str], object]]] = {
    "numbers": ("numbers", lambda graph, _: graph.numbers()),
    "find_number": ("numbers", lambda graph, _: graph.find_number("+4930123456")),
    "number": ("number", lambda graph, number: graph.number(number)),
    "short_links": ("short_links", lambda graph, number: graph.short_links(number)),
    "add_number": ("add_number", lambda graph, _: graph.add_number("+493012345678", "Name")),
    "request_code": (
        "request_code",
        lambda graph, number: graph.request_code(number, CodeMethod.SMS, "en_US"),
    ),
    "verify_code": ("verify_code", lambda graph, number: graph.verify_code(number, OWNERSHIP)),
    "register": ("register", lambda graph, number: graph.register(number, PIN)),
    "create_link": ("create_link", lambda graph, number: graph.create_link(number, "Hi")),
    "update_link": ("update_link", lambda graph, number: graph.update_link(number, CODE, "Hi")),
    "delete_link": ("delete_link", lambda graph, number: graph.delete_link(number, CODE)),
}
READS = frozenset({"numbers", "find_number", "number", "short_links"})
