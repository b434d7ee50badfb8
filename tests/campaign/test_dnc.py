"""The do-not-call list, and the telephone numbers and time zones that it shares with the import."""

from pathlib import Path

import pytest
from callers import T0, import_dnc, services

from agentmgr.campaign.service import ServiceError
from agentmgr.ports import DncEntry
from agentmgr.store import SqlStore


def test_dnc_addresses_are_kept_as_they_are_dialled(store: SqlStore) -> None:
    numbers = ["020 7946 0958", "+44 20 7946 0958", "Ann@Example.COM"]
    added = services(store).dnc.add(numbers, "GB")
    assert added == 2
    assert store.on_dnc(["+442079460958", "ann@example.com"]) == {"+442079460958", "ann@example.com"}
    assert [entry.address for entry in services(store).dnc.all()] == ["+442079460958", "ann@example.com"]
    assert services(store).dnc.remove(["020 7946 0958", "+49 30 23125123"], "44") == 1
    assert [entry.address for entry in services(store).dnc.all()] == ["ann@example.com"]


def test_dnc_entry_that_is_no_number_any_more_is_taken_off_as_it_stands(store: SqlStore) -> None:
    store.add_to_dnc([DncEntry("+15550001", "Ann", T0)])
    assert services(store).dnc.remove(["+15550001", "020 7946 0958"], "GB") == 1
    assert list(services(store).dnc.all()) == []


def test_dnc_wrong_address_among_others_adds_none(store: SqlStore) -> None:
    with pytest.raises(ServiceError, match="'12' is too short for a number of US"):
        services(store).dnc.add(["+12125550123", "12"], "US")
    with pytest.raises(ServiceError, match="country 'Mars'"):
        services(store).dnc.remove(["12"], "Mars")
    assert list(services(store).dnc.all()) == []


def test_dnc_import_takes_the_first_column_and_tells_bad_lines(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text("Number;Since\n+12125550123;2020\n12;2021\n+12125550123;2022\n\nann@example.com;\n")
    report = import_dnc(services(store), path)
    assert (report.rows, report.added, report.known, report.rejected) == (4, 2, 1, 1)
    assert _rejects(path) == ['3,1,12,"has no country code; write it with +, or tell the country"']
    assert [(entry.added_by, entry.added_at) for entry in services(store).dnc.all()] == [("Ann", T0)] * 2


def test_dnc_import_without_header_reads_the_first_line_too(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.txt"
    path.write_text("(212) 555-0123\nnobody\n")
    report = import_dnc(services(store), path, country="US")
    assert (report.rows, report.added, report.rejected) == (2, 1, 1)


def test_dnc_import_quote_never_closed_is_told(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text('+12125550123\n"+12125550124\n')
    report = import_dnc(services(store), path)
    assert (report.rows, report.added) == (2, 1)
    assert "a quote that is opened here is not closed" in _rejects(path)[0]


@pytest.mark.parametrize("first", ["800 FLOWERS", "(212) 555-0123", "ann@x.com"])
def test_dnc_import_first_line_that_is_an_address_is_no_header(
    store: SqlStore, tmp_path: Path, first: str
) -> None:
    path = tmp_path / "dnc.txt"
    path.write_text(f"{first}\n+12125550199\n")
    assert import_dnc(services(store), path, "US").rows == 2


@pytest.mark.parametrize("first", ["030 123456 Fax", "12", "0800123456x", "@", "+999123"])
def test_dnc_import_first_line_that_is_nearly_a_number_is_rejected(
    store: SqlStore, tmp_path: Path, first: str
) -> None:
    path = tmp_path / "dnc.txt"
    path.write_text(f"{first}\n+12125550199\n")
    report = import_dnc(services(store), path, "DE")
    assert (report.rows, report.added, report.rejected) == (2, 1, 1)


@pytest.mark.parametrize("first", ["Number", "E.164", "Phone 1", "\nTelefon"])
def test_dnc_import_header_of_words_is_no_row(store: SqlStore, tmp_path: Path, first: str) -> None:
    path = tmp_path / "dnc.txt"
    path.write_text(f"{first}\n+12125550199\n")
    report = import_dnc(services(store), path, "US")
    assert (report.rows, report.added, report.rejected) == (1, 1, 0)


def test_dnc_import_takes_the_column_that_is_named(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_bytes("Id;Tel Büro\n1;+12125550123\n2\n".encode("cp1252"))
    report = import_dnc(services(store), path, column="Tel Büro", encoding="cp1252")
    assert (report.added, report.rejected) == (1, 1)
    assert _rejects(path) == ['3,Tel Büro,,"the row has 1 columns, the header names more"']
    with pytest.raises(ServiceError, match=r"dnc\.csv:1: no column is 'Tel'; there are Id, Tel Büro"):
        import_dnc(services(store), path, column="Tel", encoding="cp1252")


def test_dnc_import_takes_back_what_was_neutralised(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text("'+12125550123\n'+1 212 555-0124\n")
    assert import_dnc(services(store), path).added == 2


def test_dnc_import_wrong_file_or_country_adds_none(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_bytes(b"+12125550123\nM\xfcller\n")
    with pytest.raises(ServiceError, match=r"dnc\.csv:2: not text in UTF-8"):
        import_dnc(services(store), path)
    with pytest.raises(ServiceError, match="country 'Mars'"):
        import_dnc(services(store), path, "Mars", encoding="latin-1")
    assert list(services(store).dnc.all()) == []


def test_dnc_list_comes_in_chunks(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmgr.campaign.dnc.CHUNK", 2)
    services(store).dnc.add([f"+1212555012{n}" for n in range(5)])
    assert [entry.address[-1] for entry in services(store).dnc.all()] == ["0", "1", "2", "3", "4"]


def _rejects(path: Path) -> list[str]:
    lines = path.with_suffix(".rejects.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "line,column,found,why"
    return lines[1:]
