"""One page with all notices, each as its reader sees it, wide and narrow."""

import html
from collections.abc import Iterable

from pipeline.notifications.compose import Composed

_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<title>Notices</title>\n<style>'
    ":root{{color-scheme:light dark}} body{{font-family:system-ui,sans-serif;margin:16px}}"
    " iframe{{border:1px solid #767676;box-sizing:border-box;height:900px;max-width:100%}}"
    " .wide{{width:700px}} .narrow{{width:322px}} h2,p{{overflow-wrap:anywhere}}"
    " h2{{font-size:1em;margin:2em 0 .3em}} p{{margin:.2em 0}}</style>\n</head>\n<body>\n"
    "<h1>Notices: {count}</h1>\n{mails}\n</body>\n</html>\n"
)
_MAIL = (
    '<h2 id="{name}">{name}</h2>\n<p lang="{lang}"><strong>{subject}</strong></p>\n'
    '<p lang="{lang}">{preheader}</p>\n'
    '<iframe class="wide" title="{name}" src="{name}.html" loading="lazy"></iframe>\n'
    '<iframe class="narrow" title="{name}" src="{name}.html" loading="lazy"></iframe>\n'
)


def gallery(mails: Iterable[tuple[str, Composed]]) -> str:
    """Return the page; each mail is beside it in a file ``NAME.html``."""
    written = [
        _MAIL.format(
            name=html.escape(name),
            lang=mail.language,
            subject=html.escape(mail.subject),
            preheader=html.escape(mail.preheader),
        )
        for name, mail in mails
    ]
    return _PAGE.format(count=len(written), mails="\n".join(written))
