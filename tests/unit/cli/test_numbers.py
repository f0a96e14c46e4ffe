"""``pipeline number``: show, set, list and import."""

from pathlib import Path

from .conftest import Call


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
    assert shown == {"number": row, "requests": []}
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
        "+18002255288,,toll-free.example,\n"
        "+353850123456,active,celtic.example,1 May 2024\n",
        encoding="utf-8",
    )
    called = fresh_pipeline("number", "import", str(file))
    assert (called.code, called.out) == (3, "2 numbers imported.\n")
    assert called.err.startswith("These lines could not be read and were passed over: 3, 4, 6.")
    rows = fresh_pipeline("number", "list", "--json").json()
    found = {(row["e164"], row["state"], row["organisation"], row["since"]) for row in rows}
    assert found == {
        ("+81312345678", "active", "sample-shoji.example", "2024-05-01"),
        ("+18002255288", "active", "toll-free.example", None),
    }


def test_import_twice_changes_nothing(fresh_pipeline: Call, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(
        "number,state,organisation,since\n+4930123456,active,lindenhof.example,2024-05-01\n",
        encoding="utf-8",
    )
    assert fresh_pipeline("number", "import", str(file)).code == 0
    before = fresh_pipeline("number", "list", "--json").json()
    assert fresh_pipeline("number", "import", str(file)).code == 0
    assert fresh_pipeline("number", "list", "--json").json() == before


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
    for content in (b"", b"a,b\n1,2\n", b"\xff\xfenumber"):
        file.write_bytes(content)
        called = fresh_pipeline("number", "import", str(file))
        assert (called.code, called.out) == (2, "")
        assert "Nothing was imported" in called.err
