"""``pipeline number``: show, set, list and import."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.flow.views.lists.number_file import Refusal, read_numbers, read_organisation
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord

from .conftest import Call

WITH_PLUS = "Write it with + and the country code, such as +81312345678."
ONE_NEW = "1 new, 0 changed, 0 unchanged, 0 lines refused."


def test_set_number_is_shown_and_listed(fresh_pipeline: Call) -> None:
    number = ("+49 30 123456", "active", "--organisation", "Lindenhof.example")
    assert fresh_pipeline("number", "set", *number, "--since", "2025-04-01").code == 0
    row = {
        "e164": "+4930123456",
        "state": "active",
        "organisation": "lindenhof.example",
        "since": "2025-04-01",
    }
    shown = fresh_pipeline("number", "show", "+49-30-123456", "--json").json()
    assert shown == {"number": row, "requests": [], "organisations": {}}
    listed = fresh_pipeline("organisation", "list", "--json").json()
    assert [item["domain"] for item in listed] == ["lindenhof.example"]
    assert fresh_pipeline("number", "list", "--json").json() == [row]
    assert fresh_pipeline("number", "list", "--state", "released", "--json").json() == []


def test_show_names_the_requests_of_a_number(pipeline: Call) -> None:
    shown = pipeline("number", "show", "+81312345678", "--json").json()
    rows = pipeline("queue", "all", "--json").json()
    assert shown["requests"] == [
        row["reference"] for row in rows if row["number"] == "+81312345678"
    ]
    assert shown["number"]["state"] == "requested"


def test_import_takes_good_lines_and_names_bad_ones(fresh_pipeline: Call, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(
        "\ufeffnumber,state,organisation,since\n"
        "+81 3-1234-5678,active,Sample-Shoji.example,2024-05-01\n"
        "03-1234-5678,active,sample-shoji.example,2024-05-01\n"
        "+4930123456,sleeping,lindenhof.example,\n"
        "+18002255288,active,toll-free.example,\n"
        "+353850123456,active,celtic.example,1 May 2024\n",
        encoding="utf-8",
    )
    called = fresh_pipeline("number", "import", str(file))
    assert (called.code, called.out) == (3, "2 new, 0 changed, 0 unchanged, 3 lines refused.\n")
    assert called.err.splitlines() == [
        f"Line 3: 03-1234-5678 is not a whole international number. {WITH_PLUS}",
        "Line 4: sleeping is not a state. Write active, requested, released or unknown.",
        "Line 6: 1 May 2024 is not a date. Write year, month and day, such as 2024-05-01.",
    ]
    rows = fresh_pipeline("number", "list", "--json").json()
    found = {(row["e164"], row["state"], row["organisation"], row["since"]) for row in rows}
    assert found == {
        ("+81312345678", "active", "sample-shoji.example", "2024-05-01"),
        ("+18002255288", "active", "toll-free.example", None),
    }


def test_import_says_what_is_new_changed_and_unchanged(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.csv"
    heading = "number,state,organisation,since\n"
    first = "+4930123456,active,lindenhof.example,2024-05-01\n"
    file.write_text(heading + first, encoding="utf-8")
    preview = fresh_pipeline("number", "import", str(file), "--dry-run")
    assert (preview.code, preview.out) == (
        0,
        f"Nothing was changed. The import would be: {ONE_NEW}\n",
    )
    assert fresh_pipeline("number", "list", "--json").json() == []
    assert fresh_pipeline("number", "import", str(file)).code == 0
    before = fresh_pipeline("number", "list", "--json").json()
    again = fresh_pipeline("number", "import", str(file))
    assert (again.code, again.out) == (0, "0 new, 0 changed, 1 unchanged, 0 lines refused.\n")
    assert fresh_pipeline("number", "list", "--json").json() == before
    released = first.replace("active", "released") + "+81312345678,active,a.example,\n"
    file.write_text(heading + released, encoding="utf-8")
    changed = fresh_pipeline("number", "import", str(file))
    assert changed.out == "1 new, 1 changed, 0 unchanged, 0 lines refused.\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_import_reads_every_way_to_write_a_table(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    rows = [
        ["Organisation", "NUMBER", "Since", " state "],
        ["Müller.example", "+4930123456", "2024-05-01", "ACTIVE"],
        ["", "", "", ""],
        ["x.example", "+81312345678", "", "no"],
    ]
    file = tmp_path / "numbers.csv"
    file.write_bytes(end.join(separator.join(row) for row in rows).encode(encoding))
    found = read_numbers(file.name, file.read_bytes())
    assert found.good == [
        NumberRecord("+4930123456", NumberState.ACTIVE, "müller.example", date(2024, 5, 1))
    ]
    assert found.refused == [Refusal(4, "import_state", "no")]
    assert found.unknown_columns == ()


def test_import_names_unknown_columns_and_every_fault_of_a_line(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(
        "sep=;\nnumber;state;owner;since\n"
        "call me;sleeping;x;soon\n"
        ";active;x;\n"
        "+4930123456;active;x;;too;many\n"
        "+81312345678;active;x;\n"
        "+81312345678;released;x;\n"
        "\x1b[31m\u202e;active;x;\n",
        encoding="utf-8",
    )
    called = fresh_pipeline("number", "import", str(file))
    assert (called.code, called.out) == (3, "1 new, 0 changed, 0 unchanged, 5 lines refused.\n")
    columns, *reasons = called.err.splitlines()
    assert columns.startswith("These columns are not known and were passed over: owner.")
    assert [reason.split(": ")[0] for reason in reasons] == [
        *("Line 3", "Line 3", "Line 3", "Line 4", "Line 5", "Line 7", "Line 8"),
    ]
    assert "(too many)" in reasons[4]
    assert "stands in line 6 already" in reasons[5]
    assert not {"\x1b", "\u202e"} & set(called.err)


def test_import_of_a_file_that_is_not_there_is_not_found(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    called = fresh_pipeline("number", "import", str(tmp_path / "none.csv"))
    assert (called.code, called.err.splitlines()[0]) == (
        5,
        f"There is no such file: {tmp_path / 'none.csv'}",
    )


def test_import_reads_what_a_spreadsheet_program_writes(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(
        "\ufeffNumber;State;Organisation;Since\r\n"
        "+81 3-1234-5678;Active;sample-shoji.example;2024-05-01\r\n",
        encoding="utf-8",
    )
    assert fresh_pipeline("number", "import", str(file)).code == 0
    (row,) = fresh_pipeline("number", "list", "--json").json()
    assert (row["e164"], row["state"]) == ("+81312345678", "active")


def test_import_of_what_is_no_table_is_a_usage_error(fresh_pipeline: Call, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    for content in (b"", b"a,b\n1,2\n", b"\xff\xfenumber", b"number\n\xe4\n"):
        file.write_bytes(content)
        called = fresh_pipeline("number", "import", str(file))
        assert (called.code, called.out) == (2, "")
        assert "Nothing was imported" in called.err


def test_import_refuses_rows_without_state_or_with_what_is_no_organisation(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.csv"
    heading = "number,state,organisation\n"
    file.write_text(f"{heading}+4930123456,,lindenhof.example\n", encoding="utf-8")
    called = fresh_pipeline("number", "import", str(file))
    assert (called.code, called.out) == (3, "0 new, 0 changed, 0 unchanged, 1 line refused.\n")
    assert called.err.startswith("Line 2: The state is missing.")
    file.write_text(f"{heading}+4930123456,active,Lindenhof GmbH\n", encoding="utf-8")
    called = fresh_pipeline("number", "import", str(file))
    assert called.err.startswith("Line 2: Lindenhof GmbH is neither a mail domain nor an address.")
    assert fresh_pipeline("number", "list", "--json").json() == []
    file.write_text("number,state,State\n+4930123456,active,unknown\n", encoding="utf-8")
    called = fresh_pipeline("number", "import", str(file))
    assert called.code == 2
    assert "names a column twice: state" in called.err


def test_set_refuses_what_is_no_organisation(fresh_pipeline: Call) -> None:
    number = ("number", "set", "+4930123456", "active", "--organisation")
    called = fresh_pipeline(*number, "Lindenhof GmbH")
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("Lindenhof GmbH is neither")
    assert fresh_pipeline(*number, "office@lindenhof.example").code == 0


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        ("Sample-Shoji.example", "sample-shoji.example"),
        ("\u4f8b\u3048.jp", "\u4f8b\u3048.jp"),
        ("a.b@x-y.co.jp", "a.b@x-y.co.jp"),
        ("x", None),
        ("a_b.example", None),
        ("-a.example", None),
        ("192.168.0.1", None),
        ("two words.example", None),
        ("@lindenhof.example", None),
        ("a@b@lindenhof.example", None),
        ("a" * 250 + ".example", None),
    ],
)
def test_organisation_is_a_domain_or_an_address(typed: str, read: str | None) -> None:
    assert read_organisation(typed) == read


def test_domain_of_strangers_owns_no_number(fresh_pipeline: Call, tmp_path: Path) -> None:
    file = tmp_path / "owners.csv"
    file.write_text("number,state,organisation\n+4930123456,active,gmail.com\n", "utf-8")
    done = fresh_pipeline("number", "import", str(file))
    assert (done.code, "gmail.com is a provider of mailboxes" in done.err) == (3, True)
    refused = fresh_pipeline("number", "set", "+4930123456", "active", "--organisation", "co.jp")
    assert refused.code == 6
    assert fresh_pipeline("number", "list", "--json").json() == []


def test_organisation_is_added_listed_and_removed(fresh_pipeline: Call) -> None:
    assert fresh_pipeline("organisation", "add", "Lindenhof.example", "--as", "saki").code == 0
    assert fresh_pipeline("organisation", "add", "lindenhof.example").code == 0
    assert "saki" in fresh_pipeline("organisation", "list").out
    assert fresh_pipeline("organisation", "add", "docomo.ne.jp").code == 6
    assert fresh_pipeline("organisation", "add", "julia@lindenhof.example").code == 2
    assert fresh_pipeline("organisation", "remove", "lindenhof.example").code == 0
    assert fresh_pipeline("organisation", "remove", "lindenhof.example").code == 5
    assert fresh_pipeline("organisation", "list", "--json").json() == []


def test_import_tells_what_speaks_against_it_and_waits_for_a_tick(
    fresh_pipeline: Call, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.csv"
    heading = "number,state,organisation\n"
    file.write_text(f"{heading}+4930123456,active,lindenhof.example\n", encoding="utf-8")
    assert fresh_pipeline("number", "import", str(file)).err == ""
    before = fresh_pipeline("number", "list", "--json").json()
    file.write_text(f"{heading}+4930123456,active,sample-shoji.example\n", encoding="utf-8")
    preview = fresh_pipeline("number", "import", str(file), "--dry-run")
    assert preview.code == 0
    said = "+4930123456 is “Active” with lindenhof.example"
    assert said in " ".join(preview.err.split())
    refused = fresh_pipeline("number", "import", str(file))
    assert (refused.code, refused.out) == (6, "")
    assert said in " ".join(refused.err.split())
    assert "import it as it is with --tick-all" in " ".join(refused.err.split())
    assert fresh_pipeline("number", "list", "--json").json() == before
    done = fresh_pipeline("number", "import", str(file), "--tick-all")
    assert done.code == 0
    assert said in " ".join(done.err.split())
    (row,) = fresh_pipeline("number", "list", "--json").json()
    assert row["organisation"] == "sample-shoji.example"
