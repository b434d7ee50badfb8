"""Jobs whose maker is gone are filled and run all the same, each contact once."""

import pytest
from attrs import define
from callers import services

from agentmgr.campaign.preparing import DEAD_AFTER_S, Preparations
from agentmgr.campaign.schedules import Times
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.ports import ContactDraft, JobState, JobStatus, StoreFault
from agentmgr.store import SqlStore
from protocol.enums import PacingType

HOW_MANY = 5


@define
class Clock:
    """A steady clock that is moved by hand."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@define
class Desk:
    """A store with a campaign of some contacts, and who goes on with what others left."""

    store: SqlStore
    clock: Clock
    preparations: Preparations
    campaign_id: int
    hinted: list[str]

    def made(self) -> int:
        return self.store.create_job(self.campaign_id, ["North"], 0.0)

    def job(self) -> JobStatus:
        job = self.store.latest_job(self.campaign_id)
        assert job is not None
        return job

    def go_on_after(self, seconds: float) -> JobState:
        self.preparations.go_on()
        self.clock.at += seconds
        self.preparations.go_on()
        return self.job().state


@pytest.fixture(params=[HOW_MANY])
def desk(store: SqlStore, request: pytest.FixtureRequest) -> Desk:
    list_id = store.ensure_list("Spring", 0.0)
    phones = [
        PhoneNumber("PhoneNumber1", f"+1212555000{n}", "America/New_York") for n in range(request.param)
    ]
    store.put_contacts(list_id, [ContactDraft(str(n), (phone,), {}) for n, phone in enumerate(phones)], 0.0)
    spec = CampaignSpec(0, "Spring", PacingType.Progressive, "S", (CompletionCodeSpec(1, "Done"),), 1)
    made = store.add_campaign(spec, [list_id], 0.0)
    hinted: list[str] = []
    clock = Clock()
    served = services(store, ["North"], hint=hinted.append)
    return Desk(store, clock, Preparations(served, True, clock), made.campaign_id, hinted)


def test_scheduled_job_whose_process_died_before_it_was_filled_runs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise StoreFault("the process is gone")

    services(desk.store, ["North"], now=0.0).schedules.add_run("Spring", Times("1970/01/01 00:10:00", "UTC"))
    schedules = services(desk.store, ["North"], now=601.0).schedules
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "fill_job", die)
        with pytest.raises(StoreFault):
            schedules.fire()
    assert desk.job().state is JobState.Preparing
    assert desk.go_on_after(DEAD_AFTER_S) is JobState.Running
    assert desk.job().total == HOW_MANY
    assert desk.hinted == ["North"]


def test_job_that_is_being_filled_is_left_to_its_maker(desk: Desk) -> None:
    job_id = desk.made()
    for last in range(HOW_MANY):
        assert desk.go_on_after(DEAD_AFTER_S - 1) is JobState.Preparing
        desk.store.fill_job(job_id, last, 1)


def test_what_is_found_when_the_only_process_starts_is_nobody_elses(desk: Desk) -> None:
    desk.made()
    alone = Preparations(services(desk.store, ["North"]), False, desk.clock)
    alone.go_on()
    assert desk.job().state is JobState.Running
    desk.store.move_job(desk.job().job_id, (JobState.Running,), JobState.Stopped, 0.0)
    desk.made()
    alone.go_on()
    assert desk.job().state is JobState.Preparing  # whoever makes it now is alive


def test_maker_that_wakes_up_again_fills_nothing_twice(desk: Desk) -> None:
    job_id = desk.made()
    place = desk.store.fill_job(job_id, 0, 2)
    assert place is not None
    other = desk.store.fill_job(job_id, 0, 2)  # who goes on begins where the job is
    assert other == place + 2
    assert desk.store.fill_job(job_id, place, 2) == place + 3
    assert desk.go_on_after(DEAD_AFTER_S) is JobState.Running
    assert desk.store.fill_job(job_id, 0, 2) is None
    started = desk.store.start_job(job_id, place)
    assert started is not None
    assert started.total == desk.job().total == HOW_MANY
    token = desk.store.open_zone("North", 0.0).token
    claimed = desk.store.claim_contacts(token, job_id, 100, 60 * 60 * 18).contacts
    assert sorted(each.user_contact_id for each in claimed) == [str(n) for n in range(HOW_MANY)]


@pytest.mark.parametrize("desk", [0], indirect=True)
def test_job_without_contacts_ends(desk: Desk) -> None:
    desk.made()
    assert desk.go_on_after(DEAD_AFTER_S) is JobState.Stopped
    assert desk.store.jobs_in_preparation() == ()


def test_one_that_was_stopped_meanwhile_stays_so(desk: Desk) -> None:
    desk.preparations.go_on()
    services(desk.store, ["North"]).jobs.stop(desk.made())
    assert desk.go_on_after(DEAD_AFTER_S) is JobState.Stopped
