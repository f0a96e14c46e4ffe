"""Where a quote begins and whose it is, by shape; what only looks like one stays."""

import time

import pytest

from pipeline.intake.reply.vocabulary import is_reply
from pipeline.mailbox.body_text import html_to_text
from pipeline.mailbox.reply.digests import digests_of
from pipeline.mailbox.reply.letters import letters_of
from pipeline.mailbox.reply.new_text import answered, read_new_text
from pipeline.mailbox.reply.quotes import Ours
from pipeline.mailbox.reply.sent_text import SentText
from pipeline.model.message import MailAddress
from tests.world.pace import soon

OURS = Ours(
    frozenset({"requests@genesys.example"}),
    ("Genesys Cloud WhatsApp requests",),
    "Re: Choose a time",
)
MAIL = (
    "Dear Oliver Whitcombe,\n\nWe are ready to move your number to Genesys Cloud. We need an\n"
    "hour with the person who reads the code.\n\nReply with\nREADY\nin the first line.\n\n"
    "A  30 November 2026, 10:00\nB  1 December 2026, 11:00\n"
)
SENT = SentText([digests_of(MAIL, MAIL, "request", is_reply)], "request")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # lines that end in a colon, hold dates or addresses, and are the customer's own
        ("By 1 December we can do this:\n- move\n- test", None),
        ("Write to Ana <ana@provider.example>:\nshe knows the code.", None),
        ("Times that suit us:\n1 December 2026 10:00\n2 December 2026 11:00", None),
        ("About your question:\n> Who reads the code?\nMr Smith.",
         "About your question:\n\nMr Smith."),
        ("Name: Oliver\nE-mail: oliver@harbour-books.example\nNumber: +44 7400 123456", None),
        ("Status: Active\nNumber: +44 7400 123456\nSince: 1 December 2026", None),
        ("Slot 1: 1 Dec 2026 10:00\nSlot 2: 2 Dec 2026 10:00\nSlot 3: 3 Dec 2026 10:00", None),
        ("| Number | Use |\n| +44 7400 123456 | sales |", None),
        ("5 > 3, and a<b", None),
        ("We have 2 numbers\n-----\nthe first is old\n-----\nthe second is new", None),
        # marks of every kind
        ("yes\n＞ question", "yes"),
        ("yes\nAB> question", "yes"),
        ("yes\n| question", "yes"),
        ("yes\n >> > question", "yes"),
        # copied headers in any language, of ours
        ("OK\n\nՈւմից՝ Genesys <requests@genesys.example>\nԵրբ: 2026-11-23\nՈւմ՝ O\n\nold", "OK"),
        ("OK\n\nKutoka: G <requests@genesys.example>\nTarehe: 23/11/2026\nKwa: O\n\nold", "OK"),
        ("OK\n\nMittente: requests@genesys.example\nData: 23/11/2026 10:02\nA: O\n\nold", "OK"),
        # who wrote when, with nothing behind it that we know
        ("OK\n\n23 नव॰ 2026 को 10:02 बजे Genesys <requests@genesys.example> ने लिखा:\nold", "OK"),
    ],
)  # fmt: skip
def test_quote_is_known_by_its_shape(text: str, said: str | None) -> None:
    found = read_new_text(text, OURS)
    assert found.said == (text if said is None else said)


@pytest.mark.parametrize(
    "own",
    [
        "READY",
        "Name: Oliver\nE-mail: oliver@harbour-books.example\nNumber: +44 7400 123456",
        "Slot 1: 1 Dec 2026 10:00\nSlot 2: 2 Dec 2026 10:00\nSlot 3: 3 Dec 2026 10:00",
        "Three other times:\n1 December 2026 10:00\n2 December 2026 11:00",
        "Here is our answer:",
        "A\n-----\nB",
        "B  1 December 2026, 11:00",
        "We are ready to move your number on Friday.",
        "*** READY ***",
        "This is it:\n------\nREADY",
        "Our site is Harbour Books <https://harbour-books.example/ready>",
        "90 % are ready",
    ],
)
@pytest.mark.parametrize("between", ["\n\n", "\n"])
def test_words_right_above_an_unmarked_quote_stay(own: str, between: str) -> None:
    assert read_new_text(f"{own}{between}{MAIL}", OURS, SENT).said == own
    assert read_new_text(f"{MAIL}{between}{own}", OURS, SENT).said == own


def test_reply_word_is_ours_only_between_its_neighbours() -> None:
    above = read_new_text(f"READY\n\n{MAIL}", OURS, SENT)
    assert above.said == "READY"
    assert read_new_text("READY", OURS, SENT).said == "READY"
    assert read_new_text(MAIL, OURS, SENT).ours
    marked = "\n".join(f"> {line}" for line in MAIL.split("\n"))
    among = marked.replace("> A  30", "\nREADY\n\n> A  30")
    assert read_new_text(among, OURS, SENT).said == "READY"


@pytest.mark.parametrize("marked", [MAIL, "", "READY\n", MAIL.replace("READY", "yes")])
@pytest.mark.parametrize(
    "top",
    [
        "READY",
        "Which shop is it?",
        "We need an\nhour with the person who reads the code.",
        "We need an",  # goes on under the marks
        "We are ready to move your number to Genesys Cloud. READY",
        "See https://genesys.example/a/long/address/that/is/folded/by/a/program/\nREADY",
        f"{MAIL}\nREADY",
        "",
    ],
)
@pytest.mark.parametrize("below", ["", "\n--\n", "\nhour with the person who reads the code."])
def test_marked_quotes_are_passed_over_only_where_that_changes_nothing(
    top: str, marked: str, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = "\n".join(f"> {line}" for line in marked.splitlines())
    text = f"{top}\n\n{quote}{below}"
    found = read_new_text(text, OURS, SENT)
    monkeypatch.setattr(SentText, "may_begin_in", lambda *_: True)
    assert read_new_text(text, OURS, SENT) == found


def test_quote_under_marks_alone_is_not_compared() -> None:
    lines = ["Which shop is it?", "", *(f"> {line}" for line in MAIL.splitlines())]
    assert not SENT.may_begin_in(lines, 2)
    lines[0] = "We need an"
    lines[2] = "> hour with the person who reads the code."
    assert SENT.may_begin_in(lines, 2)


@pytest.mark.parametrize(
    ("text", "shown", "said"),
    [
        ("FYI\n\nDe: Ana <ana@p.example>\nEnviado: 20/11/2026 9:12\nPara: O\nAsunto: x\n\nREADY",
         "FYI\n\nDe: Ana <ana@p.example>\nEnviado: 20/11/2026 9:12\nPara: O\nAsunto: x\n\nREADY",
         "FYI"),
        ("Fyi\n\nSee:\n\n> From: A <ana@p.example>\n> Date: 20 Nov 2026 09:12\n> To: O\n>\n> Off.",
         "Fyi\n\nSee:\n\nFrom: A <ana@p.example>\nDate: 20 Nov 2026 09:12\nTo: O\n\nOff.",
         "Fyi\n\nSee:"),
        ("---- X ----\nFrom: Ana <ana@p.example>\nDate: 2026-11-20 9:12\nTo: O\n\nREADY",
         "---- X ----\nFrom: Ana <ana@p.example>\nDate: 2026-11-20 9:12\nTo: O\n\nREADY", ""),
        ("Yes.\n\nOn 1 December 2026 ask Ana <ana@p.example>:\nshe is READY",
         "Yes.\n\nOn 1 December 2026 ask Ana <ana@p.example>:\nshe is READY", "Yes."),
        ("> READY", "> READY", ""),
    ],
)  # fmt: skip
def test_forward_is_shown_and_does_not_act(text: str, shown: str, said: str) -> None:
    found = read_new_text(text, OURS, SENT)
    assert (found.text, found.said) == (shown, said)
    assert found.ours == (not said)


def test_who_is_answered_is_told_by_the_recipients() -> None:
    ours = answered((MailAddress("", "requests+WA-1-abc@genesys.example"),), "Re: x")
    assert ours.named_in("Od: Genesys <requests@genesys.example>")
    assert not ours.named_in("Od: Ana <ana@provider.example>")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("READY\n-- \nOliver\n+44 20 7946 0123", "READY"),
        ("READY\n\n__________\nHarbour Books\nTel: +44 20 7946 0123", "READY"),
        ("READY\n\nOutlook für iOS beziehen<https://aka.ms/o0ukef>", "READY"),
        ("-- \nREADY", "--\nREADY"),
        ("First\n--\n" + "a line of the second part\n" * 30 + "READY", None),
        ("See <https://harbour-books.example/ready>", None),
        ("READY\n-- \nOliver\n\n> old\n\nand B", "READY\n\nand B"),
        ("READY\n\nIf you are not the intended recipient, delete this mail.", None),
    ],
)
def test_signature_is_cut_where_it_looks_like_one(text: str, left: str | None) -> None:
    assert read_new_text(text).text == (text if left is None else left)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('a<blockquote type="cite">b</blockquote>c', "a\n> b\nc"),
        ('a<blockquote style="margin:0 0 0 40px;border:none;padding:0px">b</blockquote>', "a\nb"),
        ('a<div class="gmail_quote"><div class="gmail_attr">x:</div>b</div>c', "a\n> x:\n> b\nc"),
        (
            "<div class=gmail_quote>x<blockquote>b</blockquote>me<blockquote>c</blockquote></div>d",
            "x\n> b\nme\n> c\nd",
        ),
        ('a<div class="gmail_quote">b<div>c', "a\n> b\n> c"),
        ('a<div id="yahoo_quoted_1"><div>b</div></div>c', "a\n> b\nc"),
        ('a<div class="moz-cite-prefix">x:</div>b', "a\n> x:\nb"),
        ('a<div class="zmail_extra">b</div>c', "a\n> b\nc"),
        ('a<div style="border-left:2px solid #ccc">b</div>c', "a\n> b\nc"),
        ("a<div style='border:none;border-left:solid blue 1.5pt'>b</div>c", "a\n> b\nc"),
        ('a<div style="border-left:none">b</div>', "a\nb"),
        ('a<div style="border-left: 0">b</div>', "a\nb"),
        ("a<div style='border:none;border-top:solid #E1E1E1 1.0pt'>b</div>", f"a\n{'_' * 32}\nb"),
        ("a<hr>b", f"a\n{'_' * 32}\nb"),
        ('a<div class="quoteless unquoted citen">b</div>', "a\nb"),
        ('a<div class="quote"><div>b</blockquote></div>c</div>d', "a\n> b\n> c\nd"),
        ('a<div class="quote">b<p>c', "a\n> b\n> c"),
    ],
)
def test_blocks_of_mail_programs_are_marked(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße „Äpfel“ – 10:00–11:00", 'STRASSE "apfel" - 10:00-11:00'),
        ("ﾊﾟｽﾜｰﾄﾞ　１２", "パスワード12"),
        ("cafe\u0301 so\u00adft zero\u200bwidth", "Café soft zerowidth"),
        ("see https://wa.me/1 now", "see https://safe.example/?u=wa.me now"),
        ("Genesys<https://www.genesys.com/x> Cloud[1]", "Genesys Cloud"),
        ("1 December<x-apple-data-detectors://2> 2026", "1 December 2026"),
        ("logo [cid:image001.png@01DA] here [image: logo.png]", "logo here"),
        ("㈱サンプル", "(株)サンプル"),
    ],
)
def test_letters_come_through_every_program(one: str, other: str) -> None:
    assert letters_of(one).text == letters_of(other).text


WORST = {
    "words": "a ", "lines": "A\n", "reply words": "READY\n", "our mail": MAIL, "marks": "> ",
    "fields": "From: x <a@b.ce>\n", "other fields": "x: y\n",
    "headers": "x: <a@b.ce> 1.1.2026 10:00\n\n", "attributions": "On 1.1.2026 10:00 <a@b.ce>:\n\n",
    "rules": "-----\n\n", "fences": "-- a --\n", "dashes": "-", "links": "https://",
    "long links": f"https://{'a' * 60}\n", "brackets": "[", "addresses": "a@b.", "numbers": "1. ",
    "greetings": "Dear Oliver Whitcombe,\n", "signatures": "_______\n\nTel: 1\n", "bars": "| a\n",
    "one line": "準", "soft hyphens": "a\u00ad", "mixed": "> a\nb\n",
    "our sentence": "Reply with\nx\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", WORST)
def test_time_grows_with_the_text_alone(kind: str) -> None:
    unit = WORST[kind]
    text = (unit * (100_000 // len(unit) + 1))[:100_000]
    many = SentText([digests_of(f"{n}\n{MAIL}", MAIL, "request") for n in range(60)], "request")
    began = time.process_time()
    read_new_text(text, OURS, many)
    assert soon(time.process_time() - began, 2)


@pytest.mark.parametrize(
    "html", ["<blockquote>", "<div class=quote></div>", "<blockquote></div>", "<hr>",
             f"<div style='{'border-left:' * 9}'>", f"<div class='{'quot ' * 99}'>"]
)  # fmt: skip
def test_time_of_blocks_grows_with_the_page_alone(html: str) -> None:
    began = time.process_time()
    html_to_text(html * (100_000 // len(html)))
    assert soon(time.process_time() - began, 2)
