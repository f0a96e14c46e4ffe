"""The section oauth: what is missing, contradictory or never read is refused; nothing is shown."""

import pytest

from tests.unit.cli.conftest import Check

_IMAP = '[mailbox]\nkind = "imap"\nhost = "imap.example.com"\nuser = "wa"\n'
_SMTP = '[courier]\nkind = "smtp"\nhost = "smtp.example.com"\n'
_HUSH = '{ command = ["echo", "hush-hush"] }'
_MICROSOFT = (
    f'[oauth]\nsource = "microsoft"\ntenant = "contoso.example"\nclient_id = "a"\n'
    f"client_secret = {_HUSH}\n"
)
_GOOGLE = f'[oauth]\nsource = "google"\nkey = {_HUSH}\nsubject = "box@example.com"\n'
_REFRESH = (
    f'[oauth]\nsource = "google"\nclient_id = "a"\nclient_secret = {_HUSH}\n'
    f"refresh_token = {_HUSH}\n"
)
_ENDPOINT = (
    f'[oauth]\nsource = "endpoint"\ntoken_url = "https://login.example.com/token"\n'
    f'client_id = "a"\nclient_secret = {_HUSH}\n'
)

FAULTS = {
    "password and section": (
        f"{_IMAP}password = {_HUSH}\n{_MICROSOFT}",
        "mailbox.password, oauth.source",
        "Keep one of",
    ),
    "password and ready token": (
        f"{_IMAP}password = {_HUSH}\noauth_token = {_HUSH}\n",
        "mailbox.password, mailbox.oauth_token",
        "Keep one of",
    ),
    "nobody uses it": (_MICROSOFT, "nothing logs in with a token", 'mailbox.kind = "imap"'),
    "mail out has a password": (
        f'{_SMTP}user = "wa"\npassword = {_HUSH}\n{_MICROSOFT}',
        "nothing logs in with a token",
        "without courier.password",
    ),
    "unknown source": (
        _IMAP + _MICROSOFT.replace('"microsoft"', '"azure"'),
        'oauth.source = "azure"',
        "none, microsoft, google, endpoint",
    ),
    "no tenant": (
        _IMAP + _MICROSOFT.replace('tenant = "contoso.example"\n', ""),
        "oauth.tenant is missing",
        "Set oauth.tenant",
    ),
    "tenant of many": (
        _IMAP + _MICROSOFT.replace("contoso.example", "common"),
        "is not one tenant",
        "Directory (tenant) ID",
    ),
    "tenant with a path": (
        _IMAP + _MICROSOFT.replace("contoso.example", "contoso/x"),
        "is not one tenant",
        "Directory (tenant) ID",
    ),
    "no client": (
        _IMAP + _MICROSOFT.replace('client_id = "a"\n', ""),
        "oauth.client_id is missing",
        "PIPELINE_OAUTH__CLIENT_ID",
    ),
    "no secret": (
        _IMAP + _MICROSOFT.replace(f"client_secret = {_HUSH}\n", ""),
        "oauth.client_secret is missing",
        "PIPELINE_OAUTH__CLIENT_SECRET__FILE",
    ),
    "secret and certificate": (
        f"{_IMAP}{_MICROSOFT}certificate = {_HUSH}\n",
        "oauth.client_secret and oauth.certificate",
        "Keep one",
    ),
    "secret in clear": (
        _IMAP + _MICROSOFT.replace(_HUSH, '"hush-hush"'),
        "oauth.client_secret stands in the configuration",
        "file =",
    ),
    "key in clear": (
        _IMAP + _GOOGLE.replace(_HUSH, '"hush-hush"'),
        "oauth.key stands in the configuration",
        "file =",
    ),
    "key file missing": (
        _IMAP + _GOOGLE.replace(_HUSH, '{ file = "nosuch" }'),
        "could not be read",
        "Check the path",
    ),
    "no subject": (
        _IMAP + _GOOGLE.replace('subject = "box@example.com"\n', ""),
        "oauth.subject is missing",
        "Set oauth.subject",
    ),
    "google without anything": (
        f'{_IMAP}[oauth]\nsource = "google"\n',
        "oauth.key is missing",
        "Set oauth.key",
    ),
    "google with both": (
        f"{_IMAP}{_GOOGLE}refresh_token = {_HUSH}\n",
        "oauth.key and oauth.refresh_token",
        "Keep one",
    ),
    "refresh token without a client": (
        _IMAP + _REFRESH.replace('client_id = "a"\n', ""),
        "oauth.client_id is missing",
        "Set oauth.client_id",
    ),
    "no address": (
        _IMAP + _ENDPOINT.replace('token_url = "https://login.example.com/token"\n', ""),
        "oauth.token_url is missing",
        "Set oauth.token_url",
    ),
    "address without encryption": (
        _IMAP + _ENDPOINT.replace("https:", "http:"),
        "oauth.token_url =",
        "begin",
    ),
    "authority without a host": (
        f'{_IMAP}{_MICROSOFT}authority = "https://"\n',
        "oauth.authority",
        "https://",
    ),
    "refresh grant without a token": (
        f'{_IMAP}{_ENDPOINT}grant = "refresh_token"\n',
        "oauth.refresh_token is missing",
        "Set oauth.refresh_token",
    ),
    "token that nobody reads": (
        f"{_IMAP}{_ENDPOINT}refresh_token = {_HUSH}\n",
        "oauth.refresh_token is set",
        "Remove oauth.refresh_token",
    ),
    "tenant of Google": (
        f'{_IMAP}{_GOOGLE}tenant = "x"\n',
        "oauth.tenant is set",
        "Remove oauth.tenant",
    ),
    "section without a source": (
        f'{_IMAP}password = {_HUSH}\n[oauth]\ntenant = "x"\n',
        "oauth.source is missing: oauth.tenant needs it",
        "Set oauth.source",
    ),
    "secret among the parameters": (
        f'{_IMAP}{_ENDPOINT}extra = {{ client_secret = "hush-hush" }}\n',
        "oauth.extra.client_secret",
        "Use oauth.grant",
    ),
    "parameter of a wrong kind": (
        f"{_IMAP}{_ENDPOINT}extra = {{ resource = 5 }}\n",
        "oauth.extra",
        "",
    ),
    "time": (f"{_IMAP}{_ENDPOINT}timeout_seconds = 0\n", "oauth.timeout_seconds = 0", "1"),
    "authorities": (
        f'{_IMAP}{_ENDPOINT}ca_file = "ca.pem"\n',
        "(oauth.ca_file), could not be read",
        "Correct oauth.ca_file",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_setting_that_cannot_work_is_refused(check: Check, name: str) -> None:
    text, fault, mend = FAULTS[name]
    code, said = check(text)
    lines = said.splitlines()
    assert (code, len(lines)) == (4, 3), said
    assert fault in lines[0]
    assert mend in lines[2] or mend in said


@pytest.mark.parametrize(
    "text",
    [
        _IMAP + _MICROSOFT,
        _IMAP + _MICROSOFT + 'authority = "https://login.microsoftonline.us"\nscope = "x"\n',
        _IMAP + _MICROSOFT.replace("client_secret", "certificate"),
        _IMAP + _MICROSOFT + f'{_SMTP}user = "wa"\n',
        f'{_IMAP}{_MICROSOFT}{_SMTP}user = "wa"\npassword = {_HUSH}\n',
        f'{_SMTP}user = "wa"\n{_MICROSOFT}',
        _IMAP + _GOOGLE,
        _IMAP + _REFRESH,
        _IMAP + _ENDPOINT + 'client_auth = "post"\nextra = { audience = "imap" }\n',
        _IMAP + _ENDPOINT.replace("https://login.example.com", "http://127.0.0.1:8080"),
        f'{_IMAP}{_ENDPOINT}grant = "refresh_token"\nrefresh_token = {_HUSH}\n',
        f'{_IMAP}oauth_token = {_HUSH}\n{_SMTP}user = "wa"\n',
        '[oauth]\nsource = "none"\n',
        f"{_IMAP}password = {_HUSH}\n" + _MICROSOFT.replace('"microsoft"', '"none"'),
    ],
)
def test_setting_that_can_work_is_taken(check: Check, text: str) -> None:
    assert check(text) == (0, "")
