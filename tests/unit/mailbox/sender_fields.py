"""Fields as servers write them, and as strangers write into them, each with the right verdict."""

from dataclasses import dataclass

MX = "mx.moor.example"
"""Whose results are believed, where a case says nothing else."""


@dataclass(frozen=True)
class Case:
    """A field that stands right above our own Received, and who is said to have sent the mail.

    ``signed`` are the ``d=`` of the mail's signatures, or whole ones where a semicolon is in them.
    ``more`` are header fields below our Received. ``expect`` is the verdict.
    """

    kind: str
    expect: str
    sender: str
    field: str
    signed: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    authserv_id: str = MX
    peer: str = "out.peer.example (out.peer.example [198.51.100.7])"


FERN = "fern@heath.example"
YUKI = "yuki@hoshi.co.jp"
BOSS = "boss@target.example"

STANDARD = (
    # RFC 8601, appendix B, with names of our own
    Case("RFC B.1", "none", FERN, f"{MX} 1; none"),
    Case("RFC B.2", "none", FERN, f"{MX}; spf=pass smtp.mailfrom=heath.example"),
    Case("RFC B.3", "none", FERN,
         f"{MX};\n auth=pass (cleartext) smtp.auth=fern@heath.example;\n"
         " spf=pass smtp.mailfrom=heath.example"),
    Case("RFC B.4", "none", FERN,
         f"{MX};\n sender-id=fail header.from=heath.example;\n"
         " dkim=pass (good signature) header.d=list.example", ("list.example",)),
    Case("RFC B.5", "pass", FERN,
         f"{MX};\n dkim=pass reason=\"good signature\" header.i=@mail-router.heath.example;\n"
         " dkim=fail reason=\"bad signature\" header.i=@newyork.example",
         ("mail-router.heath.example", "newyork.example")),
    Case("RFC B.6", "none", FERN,
         f"{MX} (foobar) 1 (baz);\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\n"
         "  policy (A dot can go here) . (like that) expired\n"
         "  (this surprised me) = (as I wasn't expecting it) 1362471462", ("heath.example",)),
    Case("RFC comments", "pass", FERN,
         f"{MX} (an (inner) one) 1 ; dmarc (x) / 1 = (y) pass (z) header (a) . (b) from"
         " = heath.example (end)"),
    Case("RFC quoted pvalue", "pass", FERN, f'{MX}; dmarc=pass header.from="heath.example"'),
    Case("RFC quoted id", "pass", FERN, f'"{MX}"; dmarc=pass header.from=heath.example'),
    Case("RFC iprev", "none", FERN,
         f"{MX}; iprev=pass policy.iprev=198.51.100.7 (out.heath.example)"),
)  # fmt: skip

SERVERS = (
    Case("OpenDKIM", "pass", FERN,
         f"{MX};\n\tdkim=pass (1024-bit key; secure) header.d=heath.example"
         " header.i=@heath.example header.a=rsa-sha256 header.s=k2 header.b=2uY7uHH/;\n"
         "\tdkim-atps=neutral", ("heath.example",)),
    Case("OpenDKIM", "pass", FERN,
         f"{MX};\n\tdkim=pass (2048-bit key) header.d=heath.example header.i=@heath.example"
         " header.a=ed25519-sha256 header.s=e1 header.b=AAAA;\n"
         "\tdkim=pass (2048-bit key; unprotected) header.d=esp.example header.i=@esp.example"
         " header.a=rsa-sha256 header.s=m header.b=BBBB;\n\tdkim-atps=neutral",
         ("heath.example", "esp.example")),
    Case("OpenDKIM", "none", FERN,
         f"{MX};\n\tdkim=fail reason=\"verification failed; insecure key\" (0-bit key)"
         " header.d=heath.example header.i=@heath.example header.b=ExjsdAFr;\n"
         "\tdkim-adsp=none (insecure policy); dkim-atps=neutral", ("heath.example",)),
    Case("OpenDKIM", "none", FERN, f"{MX}; dkim=none; dkim-atps=neutral"),
    Case("OpenDMARC", "pass", FERN,
         f"{MX}; dmarc=pass (p=quarantine dis=none) header.from=heath.example"),
    Case("OpenDMARC", "fail", BOSS,
         f"{MX}; dmarc=fail (p=quarantine dis=quarantine) header.from=target.example"),
    Case("OpenDMARC", "none", FERN, f"{MX}; dmarc=fail (p=none) header.from=heath.example"),
    Case("OpenDMARC spf", "none", FERN, f"{MX}; spf=pass smtp.mailfrom=fern@heath.example"),
    Case("OpenDMARC null sender", "none", FERN, f"{MX}; spf=none smtp.mailfrom=; dmarc=none"),
    Case("pypolicyd-spf", "none", FERN,
         f"{MX}; spf=pass (sender SPF authorized) smtp.mailfrom=heath.example"
         " (client-ip=198.51.100.7; helo=out.heath.example; envelope-from=fern@heath.example;"
         " receiver=requests@moor.example)"),
    Case("rspamd", "pass", FERN,
         f"{MX};\n\tdkim=pass header.d=heath.example header.s=s1 header.b=Zz9+abCd;\n"
         "\tdmarc=pass (policy=reject) header.from=heath.example;\n"
         f"\tspf=pass ({MX}: domain of fern@heath.example designates 198.51.100.7 as permitted"
         " sender) smtp.mailfrom=fern@heath.example", ("heath.example",)),
    Case("rspamd", "fail", BOSS,
         f"{MX};\n\tdkim=none;\n\tdmarc=fail reason=\"SPF not aligned (relaxed), No valid DKIM\""
         " header.from=target.example (policy=quarantine);\n\tspf=pass"
         f" ({MX}: domain of a@evil.example designates 203.0.113.9 as permitted sender)"
         " smtp.mailfrom=a@evil.example"),
    Case("rspamd", "none", FERN,
         f"{MX};\n\tdkim=fail (\"body hash did not verify\") header.d=heath.example header.s=s1"
         " header.b=abc;\n\tdmarc=fail reason=\"SPF not aligned (relaxed)\""
         " header.from=heath.example (policy=none)", ("heath.example",)),
    Case("rspamd arc", "pass", FERN,
         f"{MX};\n\tdkim=pass header.d=heath.example header.s=20230601 header.b=dQw4;\n"
         "\tarc=pass (\"google.com:s=arc-20160816:i=1\");\n"
         "\tdmarc=pass (policy=none) header.from=heath.example", ("heath.example",)),
    Case("Exim", "pass", FERN,
         f"{MX};\n\tiprev=pass (out.heath.example) smtp.remote-ip=198.51.100.7;\n"
         "\tspf=pass smtp.mailfrom=heath.example;\n"
         "\tdkim=pass header.d=heath.example header.s=dkim header.a=rsa-sha256;\n"
         "\tdmarc=pass header.from=heath.example;\n\tarc=none", ("heath.example",)),
    Case("Exim IPv6", "none", FERN,
         f"{MX};\n\tiprev=pass (out.heath.example) smtp.remote-ip=2001:db8::25;\n"
         "\tspf=softfail smtp.mailfrom=heath.example;\n\tdkim=neutral (public key record (in DNS)"
         " unavailable) header.d=heath.example header.s=dkim header.a=rsa-sha256",
         ("heath.example",)),
    Case("Google", "pass", FERN,
         "mx.google.com;\n       dkim=pass header.i=@heath.example header.s=20230601"
         " header.b=\"kO/Gf+cS\";\n       arc=pass (i=1);\n       spf=pass (google.com: domain of"
         " fern@heath.example designates 198.51.100.7 as permitted sender)"
         " smtp.mailfrom=fern@heath.example;\n       dmarc=pass (p=NONE sp=QUARANTINE dis=NONE)"
         " header.from=heath.example;\n       dara=pass header.i=@moor.example",
         ("heath.example",), authserv_id="mx.google.com"),
    Case("Google VERP", "pass", FERN,
         "mx.google.com;\n       dkim=pass header.i=@heath.example header.s=s1 header.b=Gw+yUxcC;\n"
         "       spf=pass (google.com: domain of bounces+84-e2-fern=moor.example@em1.heath.example"
         " designates 198.51.100.7 as permitted sender)"
         " smtp.mailfrom=\"bounces+84-e2-fern=moor.example@em1.heath.example\"",
         ("heath.example",), authserv_id="mx.google.com"),
    Case("Google best guess", "none", FERN,
         "mx.google.com;\n       spf=neutral (google.com: 198.51.100.7 is neither permitted nor"
         " denied by best guess record for domain of fern@heath.example)"
         " smtp.mailfrom=fern@heath.example", authserv_id="mx.google.com"),
    Case("Google reject", "fail", BOSS,
         "mx.google.com;\n       dkim=temperror (no key for signature) header.i=@target.example"
         " header.s=zz header.b=abcd;\n       dmarc=fail (p=REJECT sp=REJECT dis=QUARANTINE)"
         " header.from=target.example", ("target.example",), authserv_id="mx.google.com"),
    Case("Amazon SES", "pass", FERN,
         "amazonses.com;\n spf=pass (spfCheck: domain of _spf.heath.example designates"
         " 198.51.100.7 as permitted sender) client-ip=198.51.100.7;"
         " envelope-from=fern@heath.example; helo=out.heath.example;\n"
         " dkim=pass header.i=@heath.example;\n dmarc=pass header.from=heath.example;",
         ("heath.example",), authserv_id="amazonses.com"),
    Case("Amazon SES", "none", FERN,
         "amazonses.com;\n spf=softfail (spfCheck: transitioning domain of heath.example)"
         " client-ip=198.51.100.7; envelope-from=fern@heath.example; helo=x.example;\n"
         " dmarc=none header.from=heath.example;", authserv_id="amazonses.com"),
    Case("Yahoo", "pass", FERN,
         "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com;\n"
         " dkim=pass header.i=@heath.example header.s=s2048;\n"
         " spf=pass smtp.mailfrom=heath.example;\n dmarc=pass(p=REJECT) header.from=heath.example;",
         ("heath.example",), authserv_id="atlas-production.v2-mail-prod1-gq1.omega.yahoo.com"),
    Case("Yahoo unsigned", "none", FERN,
         "atlas1.yahoo.example;\n dkim=unknown;\n spf=none smtp.mailfrom=heath.example;\n"
         " dmarc=unknown header.from=heath.example;", authserv_id="atlas1.yahoo.example"),
    Case("Fastmail", "pass", FERN,
         "mx5.messagingengine.com;\n    x-csa=none;\n    x-me-sender=none;\n"
         "    x-ptr=pass smtp.helo=out.heath.example policy.ptr=out.heath.example;\n"
         "    bimi=skipped (DMARC Policy is not at enforcement);\n"
         "    arc=none (no signatures found);\n    dkim=pass (2048-bit rsa key sha256)"
         " header.d=heath.example header.i=@heath.example header.b=a1B2c3D4 header.a=rsa-sha256"
         " header.s=fm1 x-bits=2048;\n    dmarc=pass policy.published-domain-policy=none"
         " policy.applied-disposition=none policy.evaluated-disposition=none"
         " (p=none,d=none,d.eval=none) policy.policy-from=p header.from=heath.example;\n"
         "    iprev=pass smtp.remote-ip=198.51.100.7 (out.heath.example);\n"
         "    spf=pass smtp.mailfrom=fern@heath.example smtp.helo=out.heath.example;\n"
         "    x-aligned-from=pass (Address match);\n    x-return-mx=pass"
         " header.domain=heath.example policy.is_org=yes (MX Records found: mx.heath.example);\n"
         "    x-tls=pass smtp.version=TLSv1.3 smtp.cipher=TLS_AES_256_GCM_SHA384"
         " smtp.bits=256/256;\n    x-vs=clean score=-100 state=0", ("heath.example",),
         authserv_id="mx5.messagingengine.com"),
    Case("Fastmail reject", "fail", BOSS,
         "mx5.messagingengine.com;\n    dmarc=fail policy.published-domain-policy=reject"
         " policy.applied-disposition=reject policy.evaluated-disposition=reject"
         " (p=reject,d=reject,d.eval=reject) policy.policy-from=p header.from=target.example",
         authserv_id="mx5.messagingengine.com"),
    Case("Proofpoint", "pass", FERN,
         "ppops.net; spf=pass smtp.mailfrom=fern@heath.example; dkim=pass header.s=selector1"
         " header.d=heath.example; dmarc=pass header.from=heath.example", ("heath.example",),
         authserv_id="ppops.net"),
    Case("Proofpoint", "none", FERN,
         "ppops.net; dkim=permerror (invalid key) header.d=heath.example; spf=none"
         " smtp.mailfrom=fern@heath.example", ("heath.example",), authserv_id="ppops.net"),
    Case("Mimecast", "pass", FERN,
         "relay.mimecast.com;\n\tdkim=pass header.d=heath.example header.s=mimecast20220101"
         " header.b=AbCdEfGh;\n\tdmarc=pass (policy=none) header.from=heath.example;\n"
         "\tspf=pass (relay.mimecast.com: domain of fern@heath.example designates 198.51.100.7 as"
         " permitted sender) smtp.mailfrom=fern@heath.example", ("heath.example",),
         authserv_id="relay.mimecast.com"),
    Case("Zoho", "pass", FERN,
         "mx.zohomail.com;\n\tdkim=pass  header.i=heath.example;\n\tspf=pass  (zohomail.com: domain"
         " of heath.example designates 198.51.100.7 as permitted sender)"
         "  smtp.mailfrom=fern@heath.example;\n\tdmarc=pass(p=none dis=none)"
         "  header.from=fern@heath.example", ("heath.example",), authserv_id="mx.zohomail.com"),
    Case("Yandex", "pass", FERN,
         "myt5-0123.qloud-c.yandex.net; spf=pass (myt5-0123.qloud-c.yandex.net: domain of"
         " heath.example designates 198.51.100.7 as permitted sender,"
         " rule=[ip4:198.51.100.0/24]) smtp.mail=fern@heath.example; dkim=pass"
         " header.i=@heath.example", ("heath.example",),
         authserv_id="myt5-0123.qloud-c.yandex.net"),
    Case("Stalwart", "pass", FERN,
         f"{MX};\n\tdkim=pass header.d=heath.example header.s=rsa header.b=YmFz;\n\tspf=pass"
         f" ({MX}: domain of fern@heath.example designates 198.51.100.7 as permitted sender)"
         " smtp.mailfrom=fern@heath.example smtp.helo=out.heath.example;\n"
         "\tiprev=pass policy.iprev=198.51.100.7;\n"
         "\tdmarc=pass header.from=heath.example policy.dmarc=reject", ("heath.example",)),
    Case("Stalwart", "fail", BOSS,
         f"{MX};\n\tdmarc=fail header.from=target.example policy.dmarc=reject"),
    Case("Cisco", "pass", FERN,
         f"{MX};\n dkim=pass (signature verified) header.i=@heath.example; spf=Pass"
         " smtp.mailfrom=fern@heath.example; spf=None smtp.helo=postmaster@out.heath.example;"
         " dmarc=pass (p=none dis=none) d=heath.example", ("heath.example",)),
    Case("amavis", "pass", FERN,
         f"{MX} (amavisd-new); dkim=pass (2048-bit key) header.d=heath.example",
         ("heath.example",)),
    Case("GMX", "pass", FERN, f"{MX}; dkim=pass header.i=@heath.example", ("heath.example",)),
    Case("a .jp company", "pass", YUKI,
         f"{MX}; dkim=pass header.d=mail.hoshi.co.jp", ("mail.hoshi.co.jp",)),
    Case("siblings", "pass", "yuki@sales.hoshi.co.jp",
         f"{MX}; dkim=pass header.d=mail.hoshi.co.jp", ("mail.hoshi.co.jp",)),
    Case("IDN", "pass", "b@xn--bcher-kva.example",
         f"{MX}; dmarc=pass header.from=bücher.example"),
    Case("IDN in From", "pass", "b@bücher.example",
         f"{MX}; dmarc=pass header.from=XN--BCHER-KVA.example"),
    Case("IDN signer", "pass", "b@bücher.example",
         f"{MX}; dkim=pass header.d=mail.xn--bcher-kva.example", ("mail.bücher.example",)),
    Case("final dots", "pass", FERN, f"{MX}; dmarc=pass header.from=heath.example."),
    Case("two signatures of one domain", "pass", FERN,
         f"{MX}; dkim=pass header.d=heath.example header.s=a; dkim=pass header.d=heath.example"
         " header.s=b", ("heath.example", "heath.example")),
    Case("a broken signature of the sender's service", "pass", FERN,
         f"{MX}; dkim=pass header.d=heath.example; dkim=permerror header.d=esp.example",
         ("heath.example", "esp.example")),
    Case("dkim beside a temporary error", "pass", FERN,
         f"{MX}; dmarc=temperror header.from=heath.example; dkim=pass header.d=heath.example",
         ("heath.example",)),
    Case("folded by odd programs", "pass", FERN,
         f"{MX}\n ;\n dmarc\n =\n pass\n header.from\n =\n heath.example"),
)  # fmt: skip

LIMITS = (
    Case("nothing behind the id", "none", FERN, f"{MX};"),
    Case("the id alone", "none", FERN, MX),
    Case("spf of the host", "none", FERN, f"{MX}; spf=pass smtp.helo=heath.example"),
    Case("best guess", "none", FERN, f"{MX}; dmarc=bestguesspass header.from=heath.example"),
    Case("no policy", "none", FERN, f"{MX}; dmarc=none header.from=heath.example"),
    Case("dkim for a test", "none", FERN, f"{MX}; dkim=pass header.d=heath.example",
         ("v=1; d=heath.example; s=a; h=to:subject; bh=A; b=B",)),
    Case("a part of the body", "none", FERN, f"{MX}; dkim=pass header.d=heath.example",
         ("v=1; d=heath.example; s=a; l=17; h=from:to; bh=A; b=B",)),
    Case("a part of the body, and a forged whole one", "none", FERN,
         f"{MX}; dkim=pass header.d=heath.example",
         ("v=1; d=heath.example; s=a; l=17; h=from:to; bh=A; b=B", "heath.example")),
    Case("an agent elsewhere", "none", FERN, f"{MX}; dkim=pass header.d=heath.example",
         ("v=1; d=heath.example; i=@evil.example; s=a; h=from; bh=A; b=B",)),
    Case("a tag twice", "none", FERN, f"{MX}; dkim=pass header.d=heath.example",
         ("v=1; d=heath.example; d=evil.example; s=a; h=from; bh=A; b=B",)),
    Case("no signature at all", "none", FERN, f"{MX}; dkim=pass header.d=heath.example"),
    Case("no domain", "none", FERN, f"{MX}; dkim=pass", ("heath.example",)),
    Case("domain of all", "none", "a@firm.github.io", f"{MX}; dkim=pass header.d=github.io",
         ("github.io",)),
    Case("neighbour under a public suffix", "none", "a@firm.github.io",
         f"{MX}; dkim=pass header.d=evil.github.io", ("evil.github.io",)),
    Case("neighbour in Kawasaki", "none", "a@firm.city2.kawasaki.jp",
         f"{MX}; dkim=pass header.d=evil.kawasaki.jp", ("evil.kawasaki.jp",)),
    Case("parent passed", "none", "a@mail.heath.example",
         f"{MX}; dmarc=pass header.from=heath.example"),
    Case("dmarc against dkim", "none", FERN,
         f"{MX}; dmarc=fail (p=none) header.from=heath.example; dkim=pass header.d=heath.example",
         ("heath.example",)),
    Case("dkim against dkim", "none", FERN,
         f"{MX}; dkim=pass header.d=heath.example; dkim=fail header.d=HEATH.example",
         ("heath.example", "heath.example")),
    Case("IDNA 2003 against 2008", "none", "a@strasse.example",
         f"{MX}; dmarc=pass header.from=straße.example"),
    Case("IDNA 2003 in From", "none", "a@straße.example",
         f"{MX}; dmarc=pass header.from=strasse.example"),
)  # fmt: skip

ATTACKS = (
    Case("dkim through i=", "none", BOSS,
         f"{MX}; dkim=pass (2048-bit key) header.d=evil.example header.i=a;\n dkim=pass"
         " header.d=target.example header.i=@target.example;\n dkim=none@evil.example header.s=s",
         ("d=evil.example; i=a=3B=20dkim=3Dpass=20header.d=3Dtarget.example=3B@evil.example; s=s",
          "target.example")),
    Case("small hexadecimal", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example header.i=a;dmarc=pass"
         " header.from=target.example;spf=none smtp.mailfrom=b@evil.example",
         ("d=evil.example; i=a=3bdmarc=3dpass=20header.from=3dtarget.example=3bspf=3dnone; s=s",)),
    Case("through s=", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example header.s=x;dmarc=pass header.from=target.example",
         ("v=1; d=evil.example; s=x=3Bdmarc=3Dpass=20header.from=3Dtarget.example; h=from; bh=A",)),
    Case("through d=, with a tab", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example\theader.from=target.example; dmarc=pass"
         " header.from=target.example",
         ("v=1; d=evil.example=09header.from=3Dtarget.example; s=x; h=from; bh=A",)),
    Case("by raw blanks in i=", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example header.i=x dmarc=pass; dmarc=pass"
         " header.from=target.example",
         ("v=1; d=evil.example; i=x dmarc=pass@evil.example; s=x; h=from; bh=A",)),
    Case("through a second i=", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example",
         ("v=1; d=evil.example; i=@evil.example; i=x=3Bdmarc=3Dpass; s=x; h=from; bh=A",)),
    Case("through MAIL FROM", "none", BOSS,
         f"{MX}; spf=pass smtp.mailfrom=\"a;dmarc=pass header.from=target.example\"@evil.example;"
         " dmarc=pass header.from=target.example",
         more=('Return-Path: <"a;dmarc=pass header.from=target.example"@evil.example>',)),
    Case("through MAIL FROM, unquoted", "none", BOSS,
         f"{MX}; spf=pass smtp.mailfrom=a;dmarc=pass header.from=target.example;x=y@evil.example",
         more=("Return-Path: <a;dmarc=pass header.from=target.example;x=y@evil.example>",)),
    Case("through MAIL FROM, in a comment", "none", BOSS,
         f"{MX}; spf=pass (domain of a);dmarc=pass header.from=target.example;spf=none"
         " (@evil.example designates 203.0.113.9) smtp.mailfrom=evil.example",
         more=("Return-Path: <a);dmarc=pass header.from=target.example;spf=none (@evil.example>",)),
    Case("through HELO", "none", BOSS,
         f"{MX}; spf=pass smtp.helo=x;dmarc=pass header.from=target.example",
         peer="x;dmarc=pass header.from=target.example (unknown [203.0.113.9])"),
    Case("through HELO, as Exim notes it", "none", BOSS,
         f"{MX}; spf=pass smtp.helo=x dmarc=pass; dmarc=pass header.from=target.example",
         peer="[203.0.113.9] (helo=x dmarc=pass)"),
    Case("through HELO, as qmail notes it", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example",
         peer='unknown (HELO x";dmarc=pass) (203.0.113.9)'),
    Case("through HELO, with a false by", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example",
         peer="x;dmarc=pass by mx.moor.example (unknown [203.0.113.9])"),
    Case("through HELO, with a parenthesis", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example", peer="x( a=b (unknown [203.0.113.9])"),
    Case("through the envelope sender, as Exim notes it", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example",
         peer="x ([203.0.113.9]) by mx (envelope-from <a;dmarc=pass@evil.example>)"),
    Case("through a seal", "none", BOSS,
         f'{MX}; arc=pass ("evil.example:s=x");dmarc=pass header.from=target.example;x=none ("y")',
         more=("ARC-Seal: i=1; d=evil.example; s=x=22=29=3Bdmarc=3Dpass=3Bx=3Dnone; b=B",)),
    Case("behind more fields than are read", "none", BOSS,
         f"{MX}; dkim=pass header.i=x;dmarc=pass header.from=target.example",
         more=tuple(f"X-{n}: y" for n in range(2000)), signed=("d=evil.example; i=x=3B=3D=20",)),
    Case("behind more lines than are read", "none", BOSS,
         f"{MX}; dkim=pass header.i=x;dmarc=pass header.from=target.example",
         more=tuple(f"X-{n}: y" + "\n xxxxxxxxxxxxx" * 3000 for n in range(7)),
         signed=("d=evil.example; i=x=3B=3D=20",)),
    Case("a property twice", "none", BOSS,
         f"{MX}; dmarc=pass header.from=evil.example header.from=target.example"),
    Case("a property twice, one in capitals", "none", BOSS,
         f"{MX}; dmarc=pass Header.From=evil.example header.from=target.example"),
    Case("a bare word", "none", BOSS, f"{MX}; dmarc=pass header.from=target.example evil"),
    Case("a bare word before", "none", BOSS, f"{MX}; dmarc=pass evil header.from=target.example"),
    Case("no result", "none", BOSS, f"{MX}; evil; dmarc=pass header.from=target.example"),
    Case("no result behind", "none", BOSS, f"{MX}; dmarc=pass header.from=target.example; @evil"),
    Case("an empty piece", "none", BOSS, f"{MX}; ; dmarc=pass header.from=target.example"),
    Case("none and a result", "none", BOSS, f"{MX}; none; dmarc=pass header.from=target.example"),
    Case("a word with the id", "none", BOSS, f"{MX} x; dmarc=pass header.from=target.example"),
    Case("a result with the id", "none", BOSS,
         f"{MX} dmarc=pass header.from=target.example; dmarc=pass header.from=target.example"),
    Case("a comment without end", "none", BOSS, f"{MX}; dmarc=pass header.from=target.example (x"),
    Case("a parenthesis too many", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example )"),
    Case("a quote without end", "none", BOSS, f'{MX}; dmarc=pass header.from="target.example'),
    Case("quoted pieces", "none", BOSS,
         f'{MX}; dkim=pass reason="; dmarc=pass header.from=target.example" header.d=evil.example',
         ("evil.example",)),
    Case("commented pieces", "none", BOSS,
         f"{MX}; dkim=pass (x ; dmarc=pass header.from=target.example) header.d=evil.example",
         ("evil.example",)),
    Case("an escaped parenthesis", "none", BOSS,
         f"{MX}; spf=pass (a \\) b; dmarc=pass header.from=target.example; c) smtp.mailfrom=x"),
    Case("an escaped quote", "none", BOSS,
         f'{MX}; spf=pass reason="a\\"; dmarc=pass header.from=target.example; b" smtp.helo=x'),
    Case("a value that was left out", "none", BOSS,
         f"{MX}; dkim=pass header.i= header.d=target.example", ("target.example",)),
    Case("a control character", "none", BOSS, f"{MX}; dmarc=pass\x0bheader.from=target.example"),
    Case("an escape of JIS", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example header.i=x\x1b$B@evil.example; dmarc=fail"
         " (p=reject) header.from=target.example", ("evil.example",)),
    Case("a no-break space", "none", BOSS, f"{MX}; dmarc=pass\u00a0header.from=target.example"),
    Case("more passes than signatures", "none", BOSS,
         f"{MX}; dkim=pass header.d=evil.example; dkim=pass header.d=target.example",
         ("target.example",)),
    Case("header.i above header.d", "none", "a@target.example",
         f"{MX}; dkim=pass header.d=mail.target.example header.i=@target.example",
         ("mail.target.example",)),
    Case("an id like ours", "unknown", BOSS,
         "mx.moor.example.evil.example; dmarc=pass header.from=target.example"),
    Case("an id in a comment", "unknown", BOSS,
         f"evil.example ({MX}); dmarc=pass header.from=target.example"),
    Case("no id", "unknown", BOSS, "dmarc=pass header.from=target.example"),
    Case("a header too long", "none", BOSS,
         f"{MX}; dmarc=pass header.from=target.example; x-a=pass (" + "x" * 17_000 + ")"),
    Case("a From that closes", "unknown", '"x; dmarc=pass" <@evil.example:boss@target.example>',
         f"{MX}; dmarc=pass header.from=target.example"),
    Case("a group", "unknown", "evil@evil.example: boss@target.example;",
         f"{MX}; dmarc=pass header.from=target.example"),
    Case("a group of nobody and one", "unknown", "undisclosed:;, boss@target.example",
         f"{MX}; dmarc=pass header.from=target.example"),
)  # fmt: skip

MICROSOFT = (
    Case("Microsoft", "pass", FERN,
         "spf=pass (sender IP is 198.51.100.7)\n smtp.mailfrom=heath.example; dkim=pass (signature"
         " was verified)\n header.d=heath.example;dmarc=pass action=none"
         " header.from=heath.example;compauth=pass reason=100", ("heath.example",), authserv_id=""),
    Case("Microsoft, signed by the tenant", "none", FERN,
         "spf=pass (sender IP is 198.51.100.7)\n smtp.mailfrom=heath.example; dkim=pass (signature"
         " was verified)\n header.d=heathexample.onmicrosoft.com;dmarc=bestguesspass action=none"
         " header.from=heath.example;compauth=pass reason=109", ("heathexample.onmicrosoft.com",),
         authserv_id=""),
    Case("Microsoft, no policy", "none", FERN,
         "spf=softfail (sender IP is 203.0.113.9)\n smtp.mailfrom=heath.example; dkim=none (message"
         " not signed)\n header.d=none;dmarc=fail action=none\n header.from=heath.example;"
         "compauth=fail reason=001", authserv_id=""),
    Case("Microsoft, quarantine", "fail", BOSS,
         "spf=fail (sender IP is 203.0.113.9)\n smtp.mailfrom=evil.example; dkim=fail (body hash"
         " did not verify)\n header.d=target.example;dmarc=fail action=quarantine\n"
         " header.from=target.example;compauth=fail reason=000", ("target.example",),
         authserv_id=""),
    Case("Microsoft, an id of somebody", "unknown", BOSS,
         "evil.example; dmarc=pass action=none header.from=target.example", authserv_id=""),
    Case("Microsoft, a bare word", "none", BOSS,
         "spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=x; dmarc=pass action=none evil"
         " header.from=target.example", authserv_id=""),
)  # fmt: skip

CASES = (*MICROSOFT, *STANDARD, *SERVERS, *LIMITS, *ATTACKS)
