"""Imports from plug-ins: contacts are read as those of files, and what is wrong ends the import alone."""

from pathlib import Path

import pytest
from importing import Desk

from agentmgr.connectors.settings import ConnectorSettings
from agentmgr.connectors.workers import Plan
from agentmgr.core.model import AttributeSpec
from agentmgr.ports import ImportCounts, ImportJob, ImportState, SourceKind
from tests.connectors.plugged import install

pytestmark = pytest.mark.slow  # each has a process of its own


@pytest.fixture(autouse=True)
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))


def imported(desk: Desk, name: str = "source", organisation: str = "", **options: object) -> ImportJob:
    desk.plugins = (Plan(ConnectorSettings(kind="import_source", name=name), options),)
    desk.source(name, kind=SourceKind.CUSTOM, organisation=organisation)
    return desk.imported()


def test_contacts_of_a_plugin_are_imported_with_the_attributes_that_are_defined(desk: Desk) -> None:
    desk.store.define_attributes([AttributeSpec("City")])
    job = imported(desk, batches=7)
    assert (job.state, job.error, job.counts) == (ImportState.COMPLETED, "", ImportCounts(created=7))
    found = desk.store.find_list("Leads")
    assert found is not None
    kept = desk.store.find_contact(found.list_id, f"{job.import_id}-3")
    assert kept is not None
    assert kept.contact.attributes["City"] == "Ulm"
    assert [each.number for each in kept.contact.numbers] == ["+12025550100"]


def test_contact_with_an_attribute_that_is_not_defined_fails_and_is_not_silent(desk: Desk) -> None:
    assert imported(desk).counts == ImportCounts(invalid=3)
    rejects = next(Path(desk.rules.work_directory).glob("*.rejects.csv")).read_text()
    assert "has the attribute 'City', which is not defined" in rejects


def test_attribute_of_another_organisation_is_an_error(desk: Desk) -> None:
    desk.store.add_organisation("North Bank", 0.0)
    desk.store.add_organisation("South Bank", 0.0)
    desk.store.define_attributes([AttributeSpec("City", organisation="North Bank")])
    job = imported(desk, organisation="South Bank")
    assert job.state is ImportState.ERROR
    assert "City" in job.error
    assert "another organisation" in job.error
    assert desk.contacts() == 0


def test_attributes_of_others_do_not_concern_contacts_without_them(desk: Desk) -> None:
    desk.store.add_organisation("North Bank", 0.0)
    desk.store.define_attributes([AttributeSpec("City"), AttributeSpec("Branch", organisation="North Bank")])
    assert imported(desk).counts == ImportCounts(created=3)


@pytest.mark.parametrize(
    ("name", "why"), [("wrong", "is no Contact"), ("bad", "user_contact_id"), ("absent", "absent")]
)
def test_plugin_that_does_wrong_ends_its_import_with_the_reason(desk: Desk, name: str, why: str) -> None:
    job = imported(desk, name)
    assert job.state is ImportState.ERROR
    assert why in job.error
    assert desk.contacts() == 0
    desk.services.sources.remove("Leads")
    desk.store.define_attributes([AttributeSpec("City")])
    assert imported(desk).state is ImportState.COMPLETED
