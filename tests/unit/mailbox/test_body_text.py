"""Bodies as they were written: flowed text (RFC 3676, 4), what HTML strikes through or boxes."""

import time
from email.message import EmailMessage

import pytest

from pipeline.mailbox.body_text import html_to_text, says_more, unflow
from pipeline.mailbox.parse import parse_message
from tests.world.pace import soon


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("one \n\ntwo", "one \ntwo"),
        ("one \ntwo ", "one two "),
        (" From here", "From here"),
        ("  indented", " indented"),
        (" > no quote", "> no quote"),
        ("> one \n> two\nthree", "> one two\nthree"),
        (">> one \n>> two\n> three", ">> one two\n> three"),
        ("> > no depth of two", "> > no depth of two"),
        ("> one \ntwo", "> one \ntwo"),
        ("one \n> two", "one \n> two"),
        ("one \n-- \nTaro \nKojima", "one \n-- \nTaro Kojima"),
        ("> one \n> -- \n> Taro", "> one \n> -- \n> Taro"),
        (">one \n>two", "> one two"),
        ("", ""),
    ],
)
def test_unflow_joins_what_was_folded(text: str, expected: str) -> None:
    assert unflow(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("申請 \n書", "申請書"),
        ("one  \ntwo", "one two"),
        ("one \n-- \nTaro", "one\n-- \nTaro"),
        ("> 申請 \n> 書\nはい", "> 申請書\nはい"),
    ],
)
def test_unflow_deletes_the_blank_that_was_added(text: str, expected: str) -> None:
    assert unflow(text, delete_space=True) == expected


def _flowed(parameters: str, text: str) -> str:
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8; {parameters}\r\n\r\n"
    return parse_message((head + text).encode()).text


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("format=flowed", "a b"),
        ('Format="Flowed"; DelSp=No', "a b"),
        ("format=flowed; delsp=YES", "ab"),
        ("format=fixed; delsp=yes", "a \nb"),
        ("delsp=yes", "a \nb"),
    ],
)
def test_flow_is_what_the_type_says(parameters: str, expected: str) -> None:
    assert _flowed(parameters, "a \r\nb") == expected


def test_flowed_attribution_and_quotes_are_told_from_the_answer() -> None:
    head = "From: a@b.example\r\nContent-Type: text/plain; format=flowed\r\n\r\n"
    text = (
        "READY, as \r\nwe said.\r\n\r\nOn Fri, Nov 20, 2026 at 9:00 AM Window \r\n"
        "<x@example.com> wrote:\r\n> Are you ready, \r\n> or WITHDRAW?\r\n-- \r\nTaro\r\n"
    )
    assert parse_message((head + text).encode()).new_text == "READY, as we said."


@pytest.mark.parametrize("text", ["a \n" * 1_000_000, "> a \n>> b \n" * 300_000, ">" * 3_000_000])
def test_unflow_reads_megabytes_once(text: str) -> None:
    began = time.process_time()
    unflow(text)
    assert soon(time.process_time() - began, 5)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><del>READY</del></p>", "~~READY~~"),
        ("<p><s>READY</s> not yet</p>", "~~READY~~ not yet"),
        ("<p><span style='text-decoration:line-through'>A <span>b</span></span> c</p>",
         "~~A b~~ c"),
        ("<p style='text-decoration-line: line-through'>READY</p><p>b</p>", "~~READY~~\n\nb"),
        ("<p><strike>READY</strike></p>", "~~READY~~"),
        ("<p><input type='checkbox'>ACTIVE</p>", "☐ ACTIVE"),
        ("<p><input type=checkbox checked>ACTIVE</p>", "☑ ACTIVE"),
        ("<p><input type=text>ACTIVE</p>", "ACTIVE"),
        ("<p>a<s>b</p></s>c", "a~~b\n\n~~c"),
    ],
)  # fmt: skip
def test_strikes_and_boxes_are_kept(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(("tag", "text"), [("s", "~~READY~~"), ("b", "READY")])
def test_html_that_shows_a_strike_takes_the_place_of_its_plain_text(tag: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"] = "a@a.example"
    mail.set_content("READY\n")
    mail.add_alternative(f"<p><{tag}>READY</{tag}></p>", subtype="html")
    assert parse_message(mail.as_bytes()).text == text


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">WITHDRAW</div>',
        '<p style="margin:0; VISIBILITY : hidden">WITHDRAW</p>',
        '<p style="opacity:0">WITHDRAW</p>',
        "<p hidden>WITHDRAW</p>",
        '<div style="display: none"><div>WITH</div>DRAW</div>',
        "<select><option>WITHDRAW</option></select>",
        "<button>WITHDRAW</button>",
    ],
)
def test_what_no_reader_sees_is_no_text(hidden: str) -> None:
    assert html_to_text(f"<p>Hello</p>{hidden}<p>Bye</p>").split() == ["Hello", "Bye"]


@pytest.mark.parametrize(
    "faint",
    [
        '<span style="color:#ffffff">WITHDRAW</span>',
        '<span style="font-size:0px">WITHDRAW</span>',
        '<span style="font-size:1px">WITHDRAW</span>',
        '<font color="white">WITHDRAW</font>',
        '<span style="mso-hide:all">WITHDRAW</span>',
        '<span style="max-height:0;overflow:hidden">WITHDRAW</span>',
        '<span style="text-indent:-9999px">WITHDRAW</span>',
        '<style><!-- span.x, #y {display:none} --></style><span class="x">WITHDRAW</span>',
        '<style>@media all{#y{display:none}}</style><span id="y">WITHDRAW</span>',
    ],
)
def test_what_may_be_unseen_is_marked_as_struck(faint: str) -> None:
    assert html_to_text(f"<p>Hello</p>{faint}") == "Hello\n\n~~WITHDRAW~~"


@pytest.mark.parametrize(
    "seen",
    [
        '<p style="color:#fff;background:#000">READY</p>',
        '<p style="font-size:1.2em;opacity:0.9;color:#fffff0;top:0">READY</p>',
        '<p style="background-color:white;border-color:white">READY</p>',
        '<p style="display:none">x<p>READY</p>',
        "<div><span hidden>x</div><div>READY</div>",
        '<img style="display:none" src="x"><p>READY</p>',
        '<style>.y{display:none}</style><p class="x">READY</p>',
    ],
)
def test_what_is_seen_is_read(seen: str) -> None:
    assert html_to_text(seen).strip() == "READY"


def test_radio_buttons_and_short_quotations_are_drawn() -> None:
    html = "<input type=radio> READY<br><input type=radio checked> WAIT<p><q>DONE</q></p>"
    assert html_to_text(html).split() == ["☐", "READY", "☑", "WAIT", "“DONE”"]


def test_html_is_read_where_it_hides_what_its_plain_text_shows() -> None:
    assert says_more('<p>Hello</p><p style="display:none">WITHDRAW</p>')
    assert says_more('<p>Hello</p><p style="color: white">WITHDRAW</p>')
    assert says_more('<p>Hello</p><p class="x" hidden>WITHDRAW</p>')
    assert says_more('<p>Hello</p><font face="Arial" color="#ffffff">WITHDRAW</font>')
    assert not says_more('<p style="color:#222;display:block">Hello</p>')


def test_long_style_sheets_cost_little() -> None:
    start = time.process_time()
    html_to_text("<style>" + "a" * 900_000)
    html_to_text("<style>.x{display:none}" * 40_000)
    says_more("<a " * 300_000)
    says_more("<a" + " hidde" * 150_000)
    assert soon(time.process_time() - start, 2)
