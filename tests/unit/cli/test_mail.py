"""``pipeline mail``: what came in, why it has its outcome, and which requests it led to."""

from collections.abc import Callable

from .conftest import Call

Find = Callable[[str], str]


def test_list_names_the_requests_of_a_mail(pipeline: Call, reference_of: Find) -> None:
    reference = reference_of("needs_correction")
    rows = pipeline("mail", "list", "--json").json()
    (mine,) = [row for row in rows if reference in row["requests"]]
    assert (mine["outcome"], mine["why"], mine["refused"]) == ("request", "", "")
    assert reference in pipeline("mail", "list").out
    shown = pipeline("mail", "show", mine["id"], "--json").json()
    assert (shown["id"], shown["requests"]) == (mine["id"], [reference])
