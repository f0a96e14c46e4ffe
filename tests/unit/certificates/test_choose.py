"""The one place that knows which issuer a setting names."""

import re
from pathlib import Path

import pytest

from pipeline.certificates.authority import Authority
from pipeline.certificates.issuers.choose import ISSUERS, KEYLESS, OF_AUTHORITY, choose
from pipeline.config.sections import CertificateSettings
from pipeline.terms import Issuer

_PACKAGE = Path(__file__).parents[3] / "pipeline"
#: Where an issuer says who it is, where the values of the setting are declared, and where it is
#: asked for what the client of Meta needs beside.
_DECLARED = {
    "terms.py",
    "config/sections.py",
    "certificates/profile.py",
    "config/meta.py",
    "cli/pages/interview.py",
    *(f"certificates/issuers/{name}.py" for name in ("choose", "embedded", "manual", "meta")),
}
_NAMED = re.compile(r"""\bIssuer\.[A-Z]|certificates\.issuer\s*[!=]=|issuer\s*[!=]=\s*["']""")


def _unopened() -> Authority:
    raise AssertionError("the authority is opened when it is needed, not before")


@pytest.mark.parametrize("name", list(Issuer))
def test_every_value_of_the_setting_has_its_issuer_and_no_key_is_opened(name: Issuer) -> None:
    issuer = choose(CertificateSettings(issuer=name), _unopened)
    assert issuer.issuer is name
    assert issuer.uses_authority is (issuer.issuer is OF_AUTHORITY)
    if issuer.automatic:
        assert issuer.reserve_serial() != issuer.reserve_serial()


def test_no_issuer_is_without_a_value_of_the_setting() -> None:
    assert set(ISSUERS) == set(Issuer)


def test_the_issuer_to_look_around_with_needs_no_keys() -> None:
    settings = CertificateSettings().model_copy(update={"issuer": KEYLESS})
    assert not choose(settings, _unopened).uses_authority


def test_no_other_place_asks_for_an_issuer_by_its_name() -> None:
    found = {
        path.relative_to(_PACKAGE).as_posix()
        for path in _PACKAGE.rglob("*.py")
        if _NAMED.search(path.read_text(encoding="utf-8"))
    }
    assert found <= _DECLARED
