"""Which language a customer is answered in."""

import re
from collections.abc import Collection

_HIRAGANA = re.compile("[\u3041-\u3096]")
_DECISIVE = 2


def customer_language(
    chosen: str, text: str, form_language: str, headers_hint: str, available: Collection[str]
) -> str:
    """Return the code of the language that the customer is written to in.

    In this order: ``chosen`` in the form, the customer's own ``text`` when it is decisive (two
    hiragana: Japanese), the language of the form file, the hint of the header fields, English.
    Languages that are not ``available`` are passed over.
    """
    own = "ja" if len(_HIRAGANA.findall(text)) >= _DECISIVE else ""
    wishes = (chosen, own, form_language, headers_hint)
    codes = (wish.strip().lower().replace("_", "-").partition("-")[0] for wish in wishes)
    return next((code for code in codes if code in available), "en")
