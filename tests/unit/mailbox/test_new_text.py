"""What was written now stays; what is quoted or signed goes."""

import pytest

from pipeline.mailbox.body_text import html_to_text
from pipeline.mailbox.reply.new_text import read_new_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("READY", "READY"),
        ("READY\n\n> WITHDRAW\n> please", "READY"),
        ("> a question\nan answer\n> another\nsecond answer", "an answer\n\nsecond answer"),
        ("READY\n\n-----Original Message-----\nFrom: x\nWITHDRAW", "READY"),
        ("READY\n\n-------- Forwarded Message --------\nWITHDRAW", "READY"),
        ("準備完了\n\n-----元のメッセージ-----\n取り下げ", "準備完了"),
        ("OK\n\nFrom: x <x@example.com>\nSent: today\nTo: y\nSubject: z\n\nWITHDRAW", "OK"),
        ("OK\n\n*From:* x <x@example.com>\n*Sent:* today\n*To:* y\n\nWITHDRAW", "OK"),
        ("OK\n\nVon: x\nGesendet: heute\nAn: y\nBetreff: z\n\nWITHDRAW", "OK"),
        ("OK\n\n差出人： x\n送信日時： 今日\n宛先： y\n\n取り下げ", "OK"),
        ("From: the contract it is ours\nnext line", "From: the contract it is ours\nnext line"),
        ("B\n\nOn 20 Nov 2026, at 09:00, X <x@example.com> wrote:\n\n> A, B or C?", "B"),
        ("B\n\nOn Fri, Nov 20, 2026 at 9:00 AM X\n<x@example.com> wrote:\n> A, B or C?", "B"),
        ("B\n\nOn Fri, Nov 20, 2026 at 9:00 AM X <x@example.com> wrote:\nA, B or C?", "B"),
        ("On Fri, Nov 20, 2026 X <x@example.com> wrote:\n> A?\n\nB", "B"),
        ("はい\n\n2026年11月20日(金) 9:00 窓口 <x@example.com>:\n\n> 取り下げ", "はい"),
        ("はい\n\n2026/11/20 9:00、窓口 <x@example.com> wrote:\n取り下げ", "はい"),
        ("はい\n\n窓口 さんは書きました:\n> 取り下げ", "はい"),
        ("On Monday our provider wrote: wait", "On Monday our provider wrote: wait"),
        ("2026年12月1日に設定します:", "2026年12月1日に設定します:"),
        ("DONE\n-- \nTaro\n+81 3 1234 5678", "DONE"),
        ("DONE\n--\nTaro", "DONE"),
        ("完了しました\n\n━━━━━━━━━━━━\n株式会社山田\nTEL: 03-1234-5678", "完了しました"),
        ("完了\n\n*-*-*-*-*-*-*\n山田\nE-mail: t@example.co.jp\n*-*-*-*-*-*-*", "完了"),
        ("Numbers:\n----------\n+81 3 1111 2222", "Numbers:\n----------\n+81 3 1111 2222"),
        ("ACTIVE\n\nSent from my iPhone", "ACTIVE"),
        ("アクティブ\n\niPhoneから送信", "アクティブ"),
        ("ACTIVE\n\nGet Outlook for iOS", "ACTIVE"),
        ("", ""),
        ("\n\n> only a quote\n", ""),
    ],
)  # fmt: skip
def test_new_text_is_what_was_written_now(text: str, expected: str) -> None:
    assert read_new_text(text).said == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a  b\n c&nbsp;d", "a b c d"),
        ("<b>bo</b>ld", "bold"),
        ("&lt;script&gt; &amp; &#12354;&#x3044;", "<script> & あい"),
        ("<style>p{}</style><script>x</script><title>t</title>text", "text"),
        ("<head><meta><p>hidden</head><body>text", "text"),
        ("<head>never closed<body>text", "text"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("x<blockquote>a<blockquote>b</blockquote></blockquote>y", "x\n> a\n> > b\ny"),
        ("<pre>a\n  b\nc</pre>", "a\n  b\nc"),
        ("a<!-- hidden -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("a <!--[if mso]>x<![endif]--> b", "a b"),
        ("a<![if !vml]>b<![endif]>c", "abc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<a href='https://x.example'>link", "link"),
        ("<p", "<p"),
        ("<!DOCTYPE html><html>t</html>", "t"),
        ("", ""),
    ],
)
def test_html_to_text_keeps_words_and_lines(html: str, expected: str) -> None:
    assert html_to_text(html) == expected
