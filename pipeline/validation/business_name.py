"""Business names: without their legal form, and found within a sentence."""

import re
import unicodedata

from pipeline.validation.characters import squeeze

#: Legal forms as written before or after a name, folded; longer ones first.
_FORMS = tuple(
    sorted(
        "株式会社|有限会社|合同会社|合名会社|合資会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人"  # noqa: SIM905 - a list of words
        "|学校法人|医療法人|社会福祉法人|特定非営利活動法人|(株)"
        "|(有)|(同)|co., ltd|co.,ltd|co. ltd|co ltd"
        "|company limited|limited|ltd|inc|incorporated|corp"
        "|corporation|company|co|llc|l.l.c|llp|plc|lp"
        "|gmbh & co. kg|gmbh & co kg|gmbh & co. kgaa|ag & co. kg|ug & co. kg|gmbh|ggmbh|mbh|ag"
        "|kg|ohg|gbr|egbr|partg|partg mbb|e.k|e. k|e.kfm|e.kfr|eg|e.v|e. v"
        "|ug (haftungsbeschränkt)|ug|se|kgaa|sa|s.a|sas|s.a.s|sarl"
        "|s.à r.l|s.a.r.l|srl|s.r.l|spa|s.p.a|sl|s.l|bv|b.v|nv|n.v|ab|as|a/s|oy|oyj|aps|pty ltd"
        "|pty. ltd|pte ltd|pte. ltd|pvt ltd|pvt. ltd|private limited|sdn bhd|sdn. bhd|bhd|tbk"
        "|pt|k.k|kk|g.k"
        "|kabushiki kaisha|有限公司|股份有限公司|有限责任公司"
        "|주식회사|(주)|ltda|s/a|sp. z o.o|s.r.o"
        "|a.s|kft|zrt|doo|d.o.o|ооо|зао|оао|ао".split("|"),
        key=len,
        reverse=True,
    )
)


def _key(text: str) -> str:
    """Return ``text`` for comparison: width and case folded, one kind of blank and apostrophe."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return squeeze(folded)


def names_without_form(name: str) -> tuple[str, str]:
    """Return ``name`` without its legal form, as written and folded for comparison."""
    shown = squeeze(unicodedata.normalize("NFKC", name))
    changed = True
    while changed:
        changed = False
        for form in _FORMS:
            cut = _cut(shown, form)
            if cut and cut != shown:
                shown, changed = cut, True
                break
    return shown, _key(shown)


def _cut(name: str, form: str) -> str:
    """Return ``name`` without ``form`` at its beginning or end; Latin forms stand apart."""
    escaped = re.escape(form)
    apart = form[0].isascii() and form[0].isalnum()
    before = rf"^{escaped}\.?\s+" if apart else rf"^{escaped}\s*"
    after = rf"[\s,]+{escaped}\.?$" if apart else rf"\s*{escaped}$"
    cut = re.sub(after, "", name, flags=re.IGNORECASE)
    if cut == name and not apart:
        cut = re.sub(before, "", name)
    elif cut == name and form in {"pt", "sa", "ooo", "ооо"}:
        cut = re.sub(before, "", name, flags=re.IGNORECASE)
    return cut.strip(" ,")


def wording_contains(wording: str, names: tuple[str, ...]) -> bool:
    """Return whether ``wording`` contains one of ``names``, with or without its legal form."""
    sentence = _key(wording)
    keys = (names_without_form(name)[1] for name in names if name)
    return any(key and _stands_in(key, sentence) for key in keys)


def _stands_in(name: str, sentence: str) -> bool:
    """Return whether ``name`` stands in ``sentence`` and is no part of a longer Latin word."""
    start = r"(?<![a-z0-9])" if name[0].isascii() and name[0].isalnum() else ""
    end = r"(?![a-z0-9])" if name[-1].isascii() and name[-1].isalnum() else ""
    words = r"\s*".join(map(re.escape, name.split()))
    return bool(re.search(f"{start}{words}{end}", sentence))
