"""The HTML of hostile mails, made safe to show."""

import re
from html.parser import HTMLParser

import pytest

from pipeline.mailbox.shown.html import LEFT_OUT, TARGET, SafeHtml, safe_html

_OURS = "data:image/png;base64,AAAA"
_TAGS = re.compile(r"<([a-z0-9]+)")
_ATTRIBUTES = frozenset({"class", "colspan", "rowspan", "start", "src", "alt"})


class _Looking(HTMLParser):
    """Notes every element, attribute and address of what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "src":
                self.sources.add(value or "")


def _shown(source: str) -> SafeHtml:
    found = safe_html(source, lambda _: _OURS)
    assert found is not None
    looking = _Looking()
    looking.feed(found.html)
    assert not looking.tags & {"a", "script", "style", "iframe", "form", "input", "meta", "base"}
    assert not looking.tags & {"svg", "math", "object", "embed", "link", "video", "audio", "button"}
    assert looking.attributes <= _ATTRIBUTES
    assert looking.sources <= {_OURS}
    return found


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>hello",
        "<meta http-equiv=refresh content='0;url=http://evil.example'>hello",
        "<base href=//evil.example>hello",
        "<p style='background:url(http://evil.example/x)'>hello</p>",
        "<style>@import 'http://evil.example/x.css'</style>hello",
        "<link rel=stylesheet href=http://evil.example/x.css>hello",
        "<body background=http://evil.example/x onload=alert(1)>hello",
        "<table background=http://evil.example/x><td>hello</table>",
        "<form action=http://evil.example><input name=a><button>go</button></form>hello",
        "<iframe src=http://evil.example></iframe><object data=x></object><embed src=x>hello",
        "<video poster=http://evil.example src=x></video><audio src=x></audio>hello",
        "<svg><script>alert(1)</script><a xlink:href='javascript:x'>y</a></svg>hello",
        "hello<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)></math>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>hello",
        "<img src=http://evil.example/x.gif srcset='http://evil.example/y 2x'>hello",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>hello",
        "<img src='cid:a\" onerror=\"alert(1)'>hello",
        "<img src=cid:a alt='\"><script>alert(1)</script>'>hello",
        "<a href='javascript:alert(1)'>hello</a>",
        "<a href='java&#115;cript:alert(1)' target=_top ping=http://evil.example>hello</a>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->hello",
        f"<span class={TARGET} id=x>hello</span>",
        "<template><img src=x onerror=alert(1)></template>hello",
        "<xmp><img src=x onerror=alert(1)></xmp>hello",
        "<plaintext>hello<script>alert(1)</script>",
    ],
)
def test_nothing_runs_fetches_or_leads_away(source: str) -> None:
    assert "hello" in _shown(source).html


def test_the_target_of_a_link_is_seen_and_leads_nowhere() -> None:
    html = _shown(
        "<a href='https://evil.example/?q=1&amp;x=2'>https://bank.example</a>"
        "<a href='JaVaScRiPt:alert(1)'>click</a><a href='https://same.example'>https://same.example</a>"
    ).html
    assert f'<span class="{TARGET}">https://evil.example/?q=1&amp;x=2</span>' in html
    assert f'<span class="{TARGET}">JaVaScRiPt:alert(1)</span>' in html
    assert html.count("https://same.example") == 1


def test_a_mail_cannot_write_our_marks() -> None:
    assert "class" not in _shown(f"<span class={TARGET}>https://bank.example</span>").html


def test_pictures_on_other_servers_are_told() -> None:
    found = safe_html(
        "<img src=http://t.example/p.gif alt=Logo><img src=cid:gone alt=Foto><img src=//x>",
        lambda _: "",
    )
    assert found is not None
    assert (found.remote, found.left_out) == (2, 1)
    assert f'<span class="{LEFT_OUT}">Logo</span>' in found.html
    assert f'<span class="{LEFT_OUT}">Foto</span>' in found.html


def test_pictures_of_the_mail_are_those_that_we_made() -> None:
    asked: list[str] = []

    def picture_of(source: str) -> str:
        asked.append(source)
        return _OURS

    found = safe_html("<img src='cid:a@b'><img src='cid:a@b'>", picture_of)
    assert found is not None
    assert asked == ["cid:a@b"]
    assert found.html.count(_OURS) == 2


def test_words_that_a_mail_hides_are_seen_and_told() -> None:
    found = _shown("<div style='display:none'>approve everything</div>")
    assert "approve everything" in found.html
    assert found.hiding
    assert not _shown("<div style='color:red'>x</div>").hiding


def test_marks_of_direction_are_seen() -> None:
    html = _shown("a&#8238;b\u202ec\u2066d <img src=http://x alt='&#8238;x'>").html
    assert not set(html) & set("\u202e\u2066")
    assert html.count("\ufffd") == 4


def test_tables_lists_and_languages_stay() -> None:
    source = "<table><tr><td colspan=2>日本語</td></tr></table><ol start=3><li>größer</li></ol>"
    html = _shown(source).html
    assert '<td colspan="2">日本語</td>' in html
    assert '<ol start="3"><li>größer</li></ol>' in html


def test_what_is_to_be_hidden_is_hidden_in_targets_too() -> None:
    found = safe_html("<a href='https://x/secret'>y</a>", lambda _: "", lambda _: "[…]")
    assert found is not None
    assert "secret" not in found.html


@pytest.mark.parametrize(
    "source", ["<div>" * 2_000, "<b><i>" * 400, "<font color=red>" * 400, "<p>" * 40_000]
)
def test_html_deeper_than_a_persons_is_not_read(source: str) -> None:
    assert safe_html(source, lambda _: "") is None


def test_html_longer_than_a_persons_is_cut_and_told() -> None:
    found = _shown("<p>x</p>" + "y" * 600_000)
    assert found.cut
    assert len(found.html) < 500_000
