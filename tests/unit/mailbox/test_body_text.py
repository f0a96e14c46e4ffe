"""Bodies as they were written: flowed text (RFC 3676, 4), what HTML strikes through or boxes."""

import time
from email.message import EmailMessage

import pytest

from pipeline.mailbox.body_text import html_to_text, unflow
from pipeline.mailbox.parse import parse_message


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
    assert time.process_time() - began < 5


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
