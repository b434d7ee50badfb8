"""Numbers of campaigns and agents, as the zones read them for their agents."""

from stores import T0, ZONE, drafts, prepare_job

from agentmgr.core.model import Number
from agentmgr.ports import Change, NumberAttribute, Scope
from agentmgr.store import SqlStore


def test_agent_sees_what_campaign_and_agent_have_in_the_job_changed_or_not(store: SqlStore) -> None:
    job_id = prepare_job(store, drafts(2)).job_id
    (wanted,) = store.jobs_wanted(ZONE)
    assert not wanted.has_numbers
    sold, own = NumberAttribute(Scope.CAMPAIGN, "Sold", 5.0), NumberAttribute(Scope.AGENT, "Sold")
    target = NumberAttribute(Scope.CAMPAIGN, "Target", 100.0)
    for each in (sold, own, target):
        store.put_number_attribute(each)
    store.change_value(job_id, "", sold, Change.ADD, 2.5)
    store.change_value(job_id, "1001", own, Change.ADD, 1.0)
    of_campaign = (Number("campaign.Sold", 7.5), Number("campaign.Target", 100.0))
    assert store.numbers(job_id, "1001", "") == (*of_campaign, Number("agent.Sold", 1.0))
    assert store.numbers(job_id, "1002", "") == (*of_campaign, Number("agent.Sold", 0.0))
    (wanted,) = store.jobs_wanted(ZONE)
    assert wanted.has_numbers


def test_numbers_of_another_organisation_are_not_seen(store: SqlStore) -> None:
    job_id = prepare_job(store, drafts(2)).job_id
    for name in ("North", "South"):
        store.add_organisation(name, T0)
    store.put_number_attribute(NumberAttribute(Scope.AGENT, "Secret", 1.0, organisation="South"))
    assert not store.jobs_wanted(ZONE)[0].has_numbers
    store.put_number_attribute(NumberAttribute(Scope.CAMPAIGN, "All", 2.0))
    assert store.numbers(job_id, "1001", "North") == (Number("campaign.All", 2.0),)
    assert store.numbers(job_id, "1001", "South") == (
        Number("campaign.All", 2.0),
        Number("agent.Secret", 1.0),
    )
