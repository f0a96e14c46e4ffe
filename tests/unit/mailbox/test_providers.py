"""Who gives mailboxes to anybody."""

import pytest

from pipeline.mailbox.authentication.domains import organisational
from pipeline.mailbox.providers import is_provider, lineage, listed


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "nifty.com",
        "biglobe.ne.jp",
        "ocn.ne.jp",
        "so-net.ne.jp",
        "plala.or.jp",
        "t-online.de",
        "web.de",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "gmx.ch",
        "freenet.de",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
        "daum.net",
        "libero.it",
        "orange.fr",
        "wanadoo.fr",
        "btinternet.com",
        "yahoo.co.jp",
        "outlook.com",
        "seznam.cz",
        "wp.pl",
        "abv.bg",
        "telenet.be",
        "bluewin.ch",
        "bigpond.com",
        "shaw.ca",
        "rediffmail.com",
        "uol.com.br",
        "tutanota.com",
        "proton.me",
    ],
)
def test_provider_is_listed_with_all_that_is_below_it(domain: str) -> None:
    assert is_provider(domain)
    assert is_provider(f"A1.{domain.upper()}")


@pytest.mark.parametrize(
    "domain", ["genesys.com", "toyota.co.jp", "siemens.com", "example.com", "com", "", "jp"]
)
def test_firm_is_none(domain: str) -> None:
    assert not is_provider(domain)


def test_setting_adds_and_takes_off_and_the_nearest_word_counts() -> None:
    setting = ("Isp.example", "!firm.isp.example", "!gmail.com")
    assert is_provider("isp.example", setting)
    assert is_provider("x.isp.example", setting)
    assert not is_provider("firm.isp.example", setting)
    assert not is_provider("gmail.com", setting)


def test_list_is_large_and_in_small_letters() -> None:
    names = sorted(listed())
    assert len(names) > 5000
    assert [name for name in names if name != name.lower() or "." not in name] == []


@pytest.mark.parametrize(
    ("domain", "shared"),
    [("co.jp", True), ("com.au", True), ("jp", True), ("sakura.co.jp", False), ("bmw.de", False)],
)
def test_suffix_below_which_others_register(domain: str, *, shared: bool) -> None:
    assert (not organisational(domain)) is shared


def test_lineage_ends_before_the_top() -> None:
    assert list(lineage("A.b.example.")) == ["a.b.example", "b.example"]
    assert list(lineage("localhost")) == []
