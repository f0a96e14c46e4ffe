"""Years of East Asian eras, and numbers in kanji."""

import re
from datetime import date

#: First years of the Japanese eras minus one, and the last day of each (Cabinet Office).
ERAS = {
    "令和": (2018, None), "r": (2018, None),
    "平成": (1988, date(2019, 4, 30)), "h": (1988, date(2019, 4, 30)),
    "昭和": (1925, date(1989, 1, 7)), "s": (1925, date(1989, 1, 7)),
    "大正": (1911, date(1926, 12, 25)), "t": (1911, date(1926, 12, 25)),
    "明治": (1867, date(1912, 7, 30)), "m": (1867, date(1912, 7, 30)),
    "民國": (1911, None), "民国": (1911, None), "民": (1911, None),
}  # fmt: skip
#: Eras as they are shortened to one sign.
ERA_NAMES = {"令": "令和", "平": "平成", "昭": "昭和", "大": "大正", "明": "明治"}
ERA = re.compile(
    r"(令和?|平成?|昭和?|大正?|明治?|民國|民国|民|(?<![a-z])[rhstm](?=\s?\d))\s*(\d{1,3}|元)\s*[年./-]\s*"
    r"(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?"
)
_KANJI_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0}
KANJI_NUMBER = re.compile(r"[〇零一二三四五六七八九十]+(?=[年月日])")


def kanji_number(match: re.Match[str]) -> str:
    """Return the digits of 二〇二六, 十一 or 二十二."""
    text = match.group()
    if "十" not in text:
        return "".join(str(_KANJI_DIGITS[sign]) for sign in text)
    tens, _, ones = text.partition("十")
    ten = _KANJI_DIGITS.get(tens, 1) if len(tens) <= 1 else 0
    return str(ten * 10 + _KANJI_DIGITS.get(ones, 0))
