"""Which issuer the setting ``certificates.issuer`` names; no other place compares its value."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.certificates.issue import CertificateIssuer
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.issuers.meta import MetaIssuer
from pipeline.config.sections import CertificateSettings
from pipeline.terms import Issuer

if TYPE_CHECKING:
    from pipeline.certificates.authority import Authority

OpenAuthority = Callable[[], "Authority"]

#: The issuer to look around with: no key is made or opened for it.
KEYLESS = Issuer.MANUAL
#: The issuer of the certificates that the embedded authority signed.
OF_AUTHORITY = Issuer.EMBEDDED


#: How each issuer is made; its name is a value of the setting.
ISSUERS: Mapping[Issuer, Callable[[CertificateSettings, OpenAuthority], CertificateIssuer]] = (
    MappingProxyType(
        {
            Issuer.EMBEDDED: lambda settings, authority: EmbeddedIssuer(
                authority, settings.time_zone
            ),
            Issuer.MANUAL: lambda settings, _: ManualIssuer(settings.time_zone),
            Issuer.META: lambda settings, _: MetaIssuer(settings.time_zone),
        }
    )
)


def choose(settings: CertificateSettings, open_authority: OpenAuthority) -> CertificateIssuer:
    """Return the issuer that ``settings`` name.

    ``open_authority`` is called when the issuer first needs the embedded authority: a key that
    cannot be used stops no decision and no mail.
    """
    return ISSUERS[settings.issuer](settings, open_authority)
