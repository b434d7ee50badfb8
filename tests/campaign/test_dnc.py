"""The do-not-call list, and the telephone numbers and time zones that it shares with the import."""

from pathlib import Path

import pytest
from callers import T0, services

from agentmgr.campaign.service import ServiceError
from agentmgr.store import SqliteStore


def test_dnc_addresses_are_kept_as_they_are_dialled(store: SqliteStore) -> None:
    numbers = ["020 7946 0958", "+44 20 7946 0958", "Ann@Example.COM"]
    added = services(store).dnc.add(numbers, "GB")
    assert added == 2
    assert store.on_dnc(["+442079460958", "ann@example.com"]) == {"+442079460958", "ann@example.com"}
    assert [entry.address for entry in services(store).dnc.all()] == ["+442079460958", "ann@example.com"]
    assert services(store).dnc.remove(["020 7946 0958", "+49 30 23125123"], "44") == 1
    assert [entry.address for entry in services(store).dnc.all()] == ["ann@example.com"]


def test_dnc_wrong_address_among_others_adds_none(store: SqliteStore) -> None:
    with pytest.raises(ServiceError, match="'12' is too short for a number of US"):
        services(store).dnc.add(["+12125550123", "12"], "US")
    with pytest.raises(ServiceError, match="country 'Mars'"):
        services(store).dnc.remove(["12"], "Mars")
    assert list(services(store).dnc.all()) == []


def test_dnc_import_takes_the_first_column_and_tells_bad_lines(store: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text("Number;Since\n+12125550123;2020\n12;2021\n+12125550123;2022\n\nann@example.com;\n")
    report = services(store).dnc.import_file(path)
    assert (report.rows, report.added) == (4, 2)
    assert report.rejected == (f"{path}:3: '12' has no country code; write it with +, or tell the country",)
    assert [(entry.added_by, entry.added_at) for entry in services(store).dnc.all()] == [("Ann", T0)] * 2


def test_dnc_import_without_header_reads_the_first_line_too(store: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.txt"
    path.write_text("(212) 555-0123\nnobody\n")
    report = services(store).dnc.import_file(path, country="US")
    assert (report.rows, report.added, len(report.rejected)) == (2, 1, 1)


def test_dnc_import_quote_never_closed_is_told(store: SqliteStore, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text('+12125550123\n"+12125550124\n')
    report = services(store).dnc.import_file(path)
    assert (report.rows, report.added) == (2, 1)
    assert "a quote that is opened here is not closed" in report.rejected[0]


def test_dnc_list_comes_in_chunks(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmgr.campaign.dnc.CHUNK", 2)
    services(store).dnc.add([f"+1212555012{n}" for n in range(5)])
    assert [entry.address[-1] for entry in services(store).dnc.all()] == ["0", "1", "2", "3", "4"]
