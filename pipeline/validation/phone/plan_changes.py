"""Changes of national numbering plans: what an old number is today.

A row is a pattern over the old national number (without its trunk zero) and what took its place.
Sources: the regulator's announcement in the ITU Operational Bulletin, as collected in the national
numbering plans of ITU-T E.129 and in the change notes of libphonenumber's metadata. A successor
counts only when it is a number of today's plan, so a wrong row proposes nothing. Changes of before
2005 are left out where a slip (a digit forgotten) is by now likelier than the old number.
"""

import re
from functools import cache
from types import MappingProxyType

#: Calling code → rows of "pattern replacement"; ``~`` instead of the successor: nobody can tell.
_ROWS = MappingProxyType(
    {
        # Almaty, Astana … left 3xx for 7xx on 1 January 2007; Russia's 0xx became 4xx in 2005
        "7": r"""
            3(1[0-8]|2[1-9])(\d{7})  7\1\2
            0(\d{9})  4\1
        """,
        "20": r"""
            10(\d{7})  100\1
            12(\d{7})  122\1
            11(\d{7})  111\1
            16(\d{7})  106\1
            18(\d{7})  128\1
            19(\d{7})  109\1
            14(\d{7})  114\1
            17(\d{7})  127\1
        """,  # Egypt, NTRA, 6 October 2011
        "30": r"""
            1(\d{7})  210\1
            31(\d{6})  2310\1
            (9[347]\d{7})  6\1
            ([2-8]\d{8})  2\1
        """,  # Greece, EETT, 2001 to 2003
        "41": r"1(\d{7})  44\1",  # Zurich, BAKOM, 31 March 2007
        "44": r"""
            171(\d{7})  207\1
            181(\d{7})  208\1
            71(\d{7})  207\1
            81(\d{7})  208\1
            1703(\d{6})  2380\1
            1705(\d{6})  2392\1
            1203(\d{6})  2476\1
            1222(\d{6})  2920\1
            1232(\d{6})  2890\1
        """,  # United Kingdom, Ofcom, 1995 and 2000
        "55": r"([1-9]\d)([6-9]\d{7})  \g<1>9\2",  # Brazil, Anatel, 2012 to 2016
        "56": r"""
            2(\d{7})  22\1
            (3[2-5]|4[1-5]|5[1-3578]|6[13-57]|7[1-35])(\d{6})  \g<1>2\2
            ([5-9]\d{7})  9\1
        """,  # Chile, Subtel, 2010 to 2016
        "57": r"([124-8]\d{7})  60\1",  # Colombia, CRC, 1 September 2021
        "62": r"390\d{5,6}  ~",  # East Timor left Indonesia's plan for +670 in 1999
        "63": r"2(\d{7})  ~",  # Metro Manila, NTC, 6 October 2019: the operator decides
        "65": r"([2-7]\d{6})  6\1",  # Singapore, IDA, 2002
        "66": r"([14-79]\d{7})  8\1",  # Thailand, NTC, 1 September 2006
        "82": r"1[16789]\d{7,8}  ~",  # South Korea, the last 01X numbers ended in 2021
        "84": r"""
            16([2-9])(\d{7})  3\1\2
            120(\d{7})  70\1
            121(\d{7})  79\1
            122(\d{7})  77\1
            126(\d{7})  76\1
            128(\d{7})  78\1
            123(\d{7})  83\1
            124(\d{7})  84\1
            125(\d{7})  85\1
            127(\d{7})  81\1
            129(\d{7})  82\1
            186(\d{7})  56\1
            188(\d{7})  58\1
            199(\d{7})  59\1
            4([1-9]\d{7})  24\1
            8([1-9]\d{7})  28\1
            511(\d{7})  236\1
            510(\d{7})  235\1
            500(\d{7})  262\1
            501(\d{7})  261\1
            350(\d{7})  228\1
            351(\d{7})  226\1
            320(\d{7})  220\1
            321(\d{7})  221\1
            240(\d{7})  204\1
            241(\d{7})  222\1
            230(\d{7})  215\1
            231(\d{7})  213\1
            280(\d{7})  208\1
            281(\d{7})  209\1
            650(\d{7})  274\1
            651(\d{7})  271\1
            710(\d{7})  292\1
            711(\d{7})  293\1
            780(\d{7})  290\1
            781(\d{7})  291\1
            22([1-9]\d{6})  212\1
            25([1-9]\d{6})  205\1
            26([1-9]\d{6})  206\1
            27([1-9]\d{6})  207\1
            29([1-9]\d{6})  216\1
            20([1-9]\d{6})  214\1
            54([1-9]\d{6})  234\1
            60([1-9]\d{6})  260\1
            61([1-9]\d{6})  251\1
            62([1-9]\d{6})  252\1
            63([1-9]\d{6})  263\1
            64([1-9]\d{6})  254\1
            66([1-9]\d{6})  276\1
            67([1-9]\d{6})  277\1
            68([1-9]\d{6})  259\1
            72([1-9]\d{6})  272\1
            73([1-9]\d{6})  273\1
            74([1-9]\d{6})  294\1
            75([1-9]\d{6})  275\1
        """,  # Vietnam, MIC, landlines 2017 and mobiles 2018
        "212": r"""
            ([235]\d{7})  5\1
            ([1467]\d{7})  6\1
        """,  # Morocco, ANRT, 7 March 2009
        "213": r"([567])(\d{7})  \1\1\2",  # Algeria, ARPT, 22 February 2008
        "221": r"""
            ([89]\d{6})  33\1
            ([4-6]\d{6})  77\1
        """,  # Senegal, ARTP, 2007
        "225": r"""
            ([04-9][0-3]\d{6})  01\1
            ([04-9][456]\d{6})  05\1
            ([04-9][7-9]\d{6})  07\1
            ([23]\d8\d{5})  21\1
            ([23]\d0\d{5})  25\1
            ([23]\d{7})  27\1
        """,  # Côte d'Ivoire, ARTCI, 31 January 2021
        "226": r"""
            50([34]\d{5})  25\1
            40([4-7]\d{5})  24\1
        """,  # Burkina Faso, ARCEP, 2014
        "228": r"(2\d{6})  2\1",  # Togo, 2011
        "229": r"([24-9]\d{7})  01\1",  # Benin, ARCEP, 30 November 2024
        "230": r"([79]\d{6})  5\1",  # Mauritius, ICTA, 1 September 2013
        "233": r"""
            21(\d{6})  302\1
            51(\d{5})  3220\1
            31(\d{5})  3120\1
            42(\d{5})  3321\1
            71(\d{5})  3720\1
        """,  # Ghana, NCA, 2010
        "234": r"([1-9]\d{7})  20\1",  # Nigeria, NCC, 2024
        "235": r"([2679])(\d{6})  \1\1\2",  # Chad
        "237": r"""
            ([5-79]\d{7})  6\1
            ([23]\d{7})  2\1
        """,  # Cameroon, ART, 21 November 2014
        "238": r"([29])(\d{5})  \1\1\2",  # Cape Verde, ANAC, 2004
        "240": r"""
            (0\d{5})  333\1
            ([25]\d{5})  222\1
        """,  # Equatorial Guinea
        "241": r"""
            0?([67])(\d{6})  \1\1\2
            0?2(\d{6})  62\1
            0?4(\d{6})  74\1
            0?5(\d{6})  65\1
            0?1(\d{6})  11\1
            0?3(\d{6})  ~
        """,  # Gabon, ARCEP, 19 July 2019
        "245": r"""
            ([567])(\d{6})  9\1\1\2
            (3\d{6})  44\1
        """,  # Guinea-Bissau, ARN, 2014
        "247": r"(6\d{3})  6\1",  # Ascension, 1 June 2015
        "248": r"""
            ([236]\d{5})  4\1
            ([57]\d{5})  2\1
        """,  # Seychelles, 2011
        "250": r"08(\d{6})  788\1",  # Rwanda, RURA, 2009
        "253": r"""
            ([6-8]\d{5})  77\1
            ([2345]\d{5})  21\1
        """,  # Djibouti, ITU Operational Bulletin 970
        "256": r"""
            41(\d{6})  414\1
            31(\d{6})  312\1
        """,  # Uganda, UCC, 2006
        "260": r"""
            ([1-8])(\d{6})  21\1\2
            9([567])(\d{6})  9\1\1\2
        """,  # Zambia, 2007
        "263": r"91(\d{7})  77\1",  # Zimbabwe
        "265": r"([89])(\d{6})  \1\1\1\2",  # Malawi, MACRA
        "268": r"""
            (6\d{6})  7\1
            ([2345]\d{6})  2\1
        """,  # Eswatini, 2011
        "269": r"([37])(\d{5})  \1\1\2",  # Comoros
        "290": r"([2-7]\d{3})  2\1",  # Saint Helena, 1 October 2013
        "351": r"([13-8]\d{7})  2\1",  # Portugal, ANACOM, 31 October 1999
        "350": r"([4-9]\d{4})  200\1",  # Gibraltar, GRA, 2008
        "371": r"""
            ([89]\d{6})  2\1
            ([3-7]\d{6})  6\1
        """,  # Latvia, SPRK, 2004 and 1 July 2008
        "593": r"([89]\d{7})  9\1",  # Ecuador, Conatel, 30 September 2012
        "503": r"""
            (2\d{6})  2\1
            ([78]\d{6})  7\1
        """,  # El Salvador, SIGET, 2005
        "504": r"""
            ([24-7]\d{6})  2\1
            ([389])(\d{6})  \1\1\2
        """,  # Honduras, Conatel, 2010
        "505": r"""
            ([2357]\d{6})  2\1
            ([468]\d{6})  8\1
        """,  # Nicaragua, Telcor, 2009
        "506": r"""
            ([24-7]\d{6})  2\1
            ([389]\d{6})  8\1
        """,  # Costa Rica, ICE, 20 March 2008
        "507": r"(6\d{6})  6\1",  # Panama, 2005
        "509": r"""
            (2\d{6})  2\1
            ([3-7]\d{6})  3\1
        """,  # Haiti, Conatel, 2008
        "670": r"7([2-8]\d{5})  77\1",  # East Timor, 2012
        "689": r"""
            (4\d{5})  40\1
            ([237]\d{5})  87\1
        """,  # French Polynesia, 2014
        "853": r"""
            ([2-57-9]\d{5})  28\1
            (6\d{6})  6\1
        """,  # Macao, DSRT, 2005
        "963": r"9([3-9])(\d{6})  9\1\1\2",  # Syria
        "965": r"""
            ([79]\d{6})  9\1
            (6\d{6})  6\1
            ([2-5]\d{6})  2\1
        """,  # Kuwait, 17 October 2008
        "966": r"([1-47]|6)(\d{7})  1\1\2",  # Saudi Arabia, CITC, 2013
        "974": r"([4-7])(\d{6})  \1\1\2",  # Qatar, ictQATAR, 28 July 2010
        "995": r"""
            32(\d{6})  322\1
            ([5-9]\d{7})  5\1
            44\d{7}  ~
            34\d{7}  ~
        """,  # Georgia, GNCC, 2011; Abkhazia and South Ossetia left its plan in 2009
    }
)
#: Codes that a country left: Kosovo those of Serbia, Monaco and Slovenia (ITU, +383, 15 December
#: 2016), Montenegro that of Serbia (2007), Mayotte that of the Comoros, Sint Maarten +599 (2011).
_MOVED = r"""
    381([23][89]\d{6,7})  383\1
    381(4[3-9]\d{6})  383\1
    386(4[39]\d{6})  383\1
    377(4[3-9]\d{6})  383\1
    38181(\d{6})  38220\1
    38182(\d{6})  38232\1
    38183(\d{6})  38240\1
    38184(\d{6})  38250\1
    38185(\d{6})  38230\1
    38186(\d{6})  38233\1
    38187(\d{6})  38251\1
    38188(\d{6})  38231\1
    38189(\d{6})  38252\1
    2696([0-4]\d{4})  2622696\1
    5995(\d{6})  17215\1
"""
#: Where libphonenumber still takes the old numbers for good ones, so that validity tells nothing.
_STILL_VALID = frozenset({"55", "82", "226", "230", "241", "377", "381", "386", "995"})

Row = tuple[re.Pattern[str], str]


def _rows(lines: str) -> tuple[Row, ...]:
    """Return the rows of a table: a pattern, blanks, what takes its place."""
    pairs = (line.split() for line in lines.splitlines() if line.strip())
    return tuple((re.compile(pattern), new) for pattern, new in pairs)


@cache
def _changes(code: str) -> tuple[Row, ...]:
    return _rows(_ROWS.get(code, ""))


@cache
def _moves() -> tuple[Row, ...]:
    return _rows(_MOVED)


def is_in_doubt(code: str) -> bool:
    """Return whether a number of ``code`` may be an old one though it is in today's plan."""
    return code in _STILL_VALID


def successors(code: str, national: str) -> tuple[str, ...] | None:
    """Return the digits (with country code) that an old number may have today, likeliest first.

    None: no old number. Empty: an old one, and nobody can tell what it is today.
    """
    moved = _applied(_moves(), code + national)
    if moved is not None:
        return moved
    renewed = _applied(_changes(code), national)
    return None if renewed is None else tuple(code + digits for digits in renewed)


def _applied(rows: tuple[Row, ...], digits: str) -> tuple[str, ...] | None:
    hits = [(found, new) for pattern, new in rows if (found := pattern.fullmatch(digits))]
    if not hits:
        return None
    return tuple(found.expand(new) for found, new in hits if new != "~")
