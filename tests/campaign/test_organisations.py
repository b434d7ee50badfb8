"""What belongs to whom: decided in one place, for everything that a service does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from attrs import evolve
from callers import T0, services

from agentmgr.campaign.agents import AgentChange, numbered
from agentmgr.campaign.callbacks import Move, Promise, WantedCallbacks
from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES
from agentmgr.campaign.records import WantedAttempts
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import Row
from agentmgr.core.model import AgentSpec, CampaignSpec
from agentmgr.ports import Role, Scope
from agentmgr.store import SqlStore
from protocol.enums import PacingType

NORTH, SOUTH = "North Bank", "South Bank"
SPEC = CampaignSpec(0, "", PacingType.Predictive, "English", DEFAULT_COMPLETION_CODES, DEFAULT_CODE_ID)
SHEET = (Row(1, ("UserContactID", "PhoneNumber1")), Row(2, ("U1", "+442079460018")))


@contextmanager
def refused(cause: Cause, words: str | None = None) -> Iterator[None]:
    with pytest.raises(ServiceError, match=words) as caught:
        yield
    assert caught.value.cause is cause


def import_into(at: Services, name: str, organisation: str = "") -> None:
    list(at.contacts.import_rows(iter(SHEET), name, source="sheet", organisation=organisation))


def make_campaign(at: Services, name: str, *lists: str, organisation: str = "") -> None:
    at.campaigns.create(evolve(SPEC, name=name, organisation=organisation), lists)


@pytest.fixture
def shared(store: SqlStore) -> SqlStore:
    """Two organisations, each with a list and a campaign, and one of each for all."""
    at = services(store, ["Default"])
    for name in (NORTH, SOUTH):
        at.organisations.add(name)
    for name, organisation in (("north", NORTH), ("south", SOUTH), ("all", "")):
        import_into(at, f"{name} list", organisation)
        make_campaign(at, f"{name} campaign", f"{name} list", organisation=organisation)
    return store


def north(store: SqlStore) -> Services:
    return services(store, ["Default"], caller="nora", organisation=NORTH)


def test_user_of_an_organisation_sees_its_things_and_those_of_all(shared: SqlStore) -> None:
    at = north(shared)
    assert [each.name for each in at.contacts.lists()] == ["all list", "north list"]
    assert [each.name for each in at.campaigns.all()] == ["all campaign", "north campaign"]
    assert at.organisations.all() == (NORTH,)
    everybody = services(shared)
    assert [each.name for each in everybody.contacts.lists()] == ["all list", "north list", "south list"]
    assert everybody.organisations.all() == (NORTH, SOUTH)


ON_A_CAMPAIGN: dict[str, Callable[[Services, str], object]] = {
    "run": lambda at, name: at.campaigns.run(name),
    "pause": lambda at, name: at.campaigns.pause(name),
    "resume": lambda at, name: at.campaigns.resume(name),
    "stop": lambda at, name: at.campaigns.stop(name),
    "status": lambda at, name: at.campaigns.status(name),
    "definition": lambda at, name: at.campaigns.definition(name),
    "change": lambda at, name: at.campaigns.change(name, evolve(SPEC, name=name), ["all list"]),
    "delete": lambda at, name: at.campaigns.delete(name),
    "dispositions": lambda at, name: at.campaigns.dispositions(name),
    "dials": lambda at, name: at.campaigns.dials(name),
    "move agents to": lambda at, name: at.floor.move(["1001"], name),
}


@pytest.mark.parametrize("act", ON_A_CAMPAIGN)
def test_campaign_of_another_organisation_is_refused_whatever_is_done(shared: SqlStore, act: str) -> None:
    with refused(
        Cause.FOREIGN_CAMPAIGN, "south campaign: belongs to another organisation; nora works for North Bank"
    ):
        ON_A_CAMPAIGN[act](north(shared), "south campaign")
    with refused(Cause.NO_SUCH_CAMPAIGN, "there are: all campaign, north campaign$"):
        ON_A_CAMPAIGN[act](north(shared), "east campaign")


ON_A_LIST: dict[str, Callable[[Services, str], object]] = {
    "import": import_into,
    "show a contact": lambda at, name: at.contacts.history("U1", name),
    "make a campaign on": lambda at, name: make_campaign(at, "new", name),
}


@pytest.mark.parametrize("act", ON_A_LIST)
def test_list_of_another_organisation_is_refused_whatever_is_done(shared: SqlStore, act: str) -> None:
    with refused(Cause.FOREIGN_LIST, "contact list south list: belongs to another organisation"):
        ON_A_LIST[act](north(shared), "south list")


def test_contact_is_looked_for_in_the_lists_that_are_there_for_the_caller(shared: SqlStore) -> None:
    with refused(Cause.BAD_VALUE, "in several lists: all list, north list;"):
        north(shared).contacts.history("U1")


def test_records_of_other_organisations_are_left_out(shared: SqlStore) -> None:
    everybody = services(shared, ["Default"])
    jobs = {
        name: everybody.campaigns.run(f"{name} campaign", ["Default"]).job.job_id
        for name in ("north", "south")
    }
    with refused(Cause.BAD_VALUE, f"no job {jobs['south']}"):
        north(shared).records.attempts(WantedAttempts(jobs=(jobs["south"],)))
    assert list(north(shared).records.attempts(WantedAttempts(jobs=(jobs["north"],)))) == []
    with refused(Cause.NO_SUCH_CAMPAIGN, "no campaign .south campaign."):
        north(shared).records.attempts(WantedAttempts(campaigns=("south campaign",)))


def test_callbacks_of_other_organisations_are_not_there(shared: SqlStore) -> None:
    everybody = services(shared, ["Default"])
    made = {}
    for name in ("north", "south"):
        everybody.campaigns.run(f"{name} campaign", ["Default"])
        promise = Promise(start="2025/06/16 10:00", end="2025/06/16 12:00")
        made[name] = everybody.callbacks.schedule(f"{name} campaign", f"{name} list", "U1", promise)
    at = north(shared)
    assert [each.callback_id for each in at.callbacks.find(WantedCallbacks())] == [made["north"]]
    assert len(list(everybody.callbacks.find(WantedCallbacks()))) == 2
    for change in (
        lambda: at.callbacks.cancel([made["south"]], "no more"),
        lambda: at.callbacks.move([made["south"]], Move(due_at=T0 + 3600, reason="later")),
    ):
        with refused(Cause.BAD_VALUE, f"no callback '{made['south']}'"):
            change()
    assert at.callbacks.cancel([made["north"]], "no more")[0].ended_at is not None


def test_what_a_user_of_an_organisation_makes_is_its_own(shared: SqlStore) -> None:
    at = north(shared)
    import_into(at, "new list")
    make_campaign(at, "new campaign", "new list", "all list")
    at.attributes.define("Balance")
    at.agents.add([AgentSpec("1001", "Ada", numbered({"English": 1}))], "secret", "Default")
    south = services(shared, organisation=SOUTH)
    assert {each.name for each in south.contacts.lists()}.isdisjoint(["new list"])
    assert {each.name for each in south.campaigns.all()}.isdisjoint(["new campaign"])
    assert {each.name for each in south.attributes.all()}.isdisjoint(["Balance"])
    assert south.agents.all() == ()
    with refused(Cause.FOREIGN_ATTRIBUTE, "Balance"):
        south.attributes.define("Balance", data_type="float")
    with refused(Cause.NO_SUCH_AGENT, "no agent '1001'"):
        south.agents.change(["1001"], AgentChange(name="Eve"))
    with refused(Cause.NO_SUCH_AGENT, "no agent '1001'"):
        south.agents.set_password("1001", "mine now")


def test_user_of_an_organisation_makes_nothing_for_another(shared: SqlStore) -> None:
    with refused(Cause.DENIED, "belongs to organisation North Bank, and can make nothing for South Bank"):
        make_campaign(north(shared), "new", "all list", organisation=SOUTH)
    with refused(Cause.DENIED):
        import_into(north(shared), "new list", SOUTH)


def test_campaign_has_lists_of_its_own_organisation_or_of_all(shared: SqlStore) -> None:
    at = services(shared)
    with refused(Cause.FOREIGN_LIST, "list south list: is South Bank's, campaign new is North Bank's"):
        make_campaign(at, "new", "south list", organisation=NORTH)
    with refused(Cause.FOREIGN_LIST, "list south list: is South Bank's, campaign new is of no organisation"):
        make_campaign(at, "new", "south list")
    make_campaign(at, "new", "all list", "north list", organisation=NORTH)


def test_list_of_another_organisation_comes_to_no_job_of_a_campaign_whoever_asks(shared: SqlStore) -> None:
    at = services(shared, ["Default"])
    at.campaigns.run("north campaign", ["Default"])
    for add in (
        lambda: at.jobs.add_list("north campaign", "south list"),
        lambda: at.jobs.add_contact("north campaign", "south list", "U1"),
    ):
        with refused(
            Cause.FOREIGN_LIST, "list south list: is South Bank's, campaign north campaign is North"
        ):
            add()
    at.jobs.add_list("north campaign", "all list")


@pytest.mark.parametrize("organisation", ["East Bank", "north bank"])
def test_organisation_that_is_not_there_owns_nothing(shared: SqlStore, organisation: str) -> None:
    at = services(shared)
    words = f"no organisation '{organisation}'; there are: North Bank, South Bank"
    with refused(Cause.NO_SUCH_ORGANISATION, words):
        make_campaign(at, "new", "all list", organisation=organisation)
    with refused(Cause.NO_SUCH_ORGANISATION, words):
        at.dnc.add(["+442079460018"], organisation=organisation)
    with refused(Cause.NO_SUCH_ORGANISATION, words):
        at.accounts.add("eve", "secret", Role.MANAGER, organisation)


GLOBAL_ALONE: dict[str, Callable[[Services], object]] = {
    "add an organisation": lambda at: at.organisations.add("East Bank"),
    "delete an organisation": lambda at: at.organisations.delete(NORTH),
    "add an account": lambda at: at.accounts.add("eve", "secret", Role.MANAGER, NORTH),
    "change an account": lambda at: at.accounts.change("eve", enabled=False),
    "see accounts": lambda at: at.accounts.all(),
    "delete an account": lambda at: at.accounts.delete("eve"),
    "change an attribute of all": lambda at: at.attributes.define("FirstName", display_name="Name"),
    "change a number of all agents": lambda at: at.values.define(Scope.AGENT, "Sales", initial=1.0),
    "add to everybody's list": lambda at: at.dnc.add(["+442079460018"]),
    "add to its own list": lambda at: at.dnc.add(["+442079460018"], organisation=NORTH),
    "remove from everybody's list": lambda at: at.dnc.remove(["+442079460018"]),
    "import into everybody's list": lambda at: list(at.dnc.import_rows(iter(SHEET), source="sheet")),
}


@pytest.mark.parametrize("act", GLOBAL_ALONE)
def test_what_concerns_all_needs_a_user_of_no_organisation(shared: SqlStore, act: str) -> None:
    services(shared).values.define(Scope.AGENT, "Sales")
    with refused(Cause.DENIED, "needs a user of no organisation; nora belongs to North Bank"):
        GLOBAL_ALONE[act](north(shared))


def test_do_not_call_lists_are_apart_and_count_together(shared: SqlStore) -> None:
    at = services(shared)
    at.dnc.add(["+442079460018"], organisation=NORTH)
    at.dnc.add(["+442079460019"])
    assert at.dnc.has("+442079460018", organisation=NORTH)
    assert not at.dnc.has("+442079460018")
    assert not at.dnc.has("+442079460019", organisation=NORTH)
    both = ["+442079460018", "+442079460019"]
    assert shared.on_dnc(both, NORTH) == frozenset(both)
    assert shared.on_dnc(both, SOUTH) == shared.on_dnc(both) == {"+442079460019"}
    assert [entry.address for entry in at.dnc.all(NORTH)] == ["+442079460018"]
    assert at.dnc.remove(both, organisation=NORTH) == 1
    assert at.dnc.has("+442079460019")
    with refused(Cause.DENIED):
        north(shared).dnc.has("+442079460018", organisation=SOUTH)


def test_organisation_is_deleted_once_nothing_belongs_to_it(shared: SqlStore) -> None:
    at = services(shared)
    with refused(Cause.IN_USE, "North Bank: has campaigns, contact lists; nothing was deleted"):
        at.organisations.delete(NORTH)
    at.organisations.add("East Bank")
    with refused(Cause.EXISTS, "East Bank: there is one already"):
        at.organisations.add("East Bank")
    at.organisations.delete("East Bank")
    with refused(Cause.NO_SUCH_ORGANISATION, "no organisation 'East Bank'"):
        at.organisations.delete("East Bank")


@pytest.mark.parametrize("name", ["", " ", "a ", "x" * 101, "a\nb"])
def test_organisation_needs_a_name_of_use(store: SqlStore, name: str) -> None:
    with refused(Cause.BAD_VALUE, "a name has 1 to 100 characters"):
        services(store).organisations.add(name)


def test_account_of_a_program_on_the_wire_works_for_all(shared: SqlStore) -> None:
    with refused(
        Cause.BAD_VALUE, "a service works for all; only a manager or a supervisor has an organisation"
    ):
        services(shared).accounts.add("blender", "secret", Role.SERVICE, NORTH)


def test_column_of_an_import_is_an_attribute_of_the_lists_owner_alone(
    shared: SqlStore,
) -> None:
    sheet = (Row(1, ("UserContactID", "PhoneNumber1", "Balance")), Row(2, ("U2", "+442079460019", "7")))
    list(north(shared).contacts.import_rows(iter(sheet), "north list", source="sheet"))
    assert "Balance" in {each.name for each in north(shared).attributes.all()}
    south = services(shared, organisation=SOUTH)
    with refused(
        Cause.FOREIGN_ATTRIBUTE, "attribute Balance: belongs to another organisation; give it another"
    ):
        list(south.contacts.import_rows(iter(sheet), "south list", source="sheet"))
    with refused(Cause.NO_CONTACTS):
        south.contacts.history("U2", "south list")


def test_list_that_is_there_keeps_its_owner(shared: SqlStore) -> None:
    with refused(Cause.EXISTS, "contact list south list: is South Bank's; leave --org out"):
        import_into(services(shared), "south list", NORTH)
    import_into(services(shared), "south list", SOUTH)
    assert shared.find_list("south list").organisation == SOUTH  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("agent", "campaign", "listed"), [("", NORTH, 1), (NORTH, NORTH, 1), (SOUTH, NORTH, 0), (SOUTH, "", 1)]
)
def test_agents_who_could_work_in_a_campaign_are_of_its_organisation_or_of_none(
    shared: SqlStore, agent: str, campaign: str, listed: int
) -> None:
    ada = AgentSpec("1001", "Ada", numbered({"English": 1}), agent)
    services(shared).agents.add([ada], "secret", "Default")
    found = shared.agents_with("Default", "English", 1, 9, campaign)
    assert [each.organisation for each in found] == [agent] * listed
