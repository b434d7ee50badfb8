"""A contact is told whole, or is not let grow so large."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from scenes import SID, Scene, a_campaign, a_contact

from agentmgr.core.contact_size import NAMES_BYTES, are_too_many, names_bytes, room_for_values, values_bytes
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import AttributeSpec, JobSpec
from protocol import commands as c
from protocol.enums import AttributeType, PacingType
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import Attribute, KeyValuePair

SPECS = [AttributeSpec(f"Note{number}") for number in range(30)]


@given(
    names=st.lists(st.text(min_size=1, max_size=100), max_size=40, unique=True),
    values=st.lists(st.text(max_size=400), min_size=40, max_size=40),
    types=st.lists(st.sampled_from(AttributeType), min_size=40, max_size=40),
)
def test_contact_that_may_be_is_told_whole(names, values, types):
    specs = [AttributeSpec(name, attribute_type=kind) for name, kind in zip(names, types, strict=False)]
    there = dict(zip(names, values, strict=False))
    if values_bytes(there) > room_for_values(specs):
        return
    told = [Attribute(spec.name, there[spec.name], spec.attribute_type) for spec in specs]
    assert len(whole_entries(told)) == len(told)


def full_contact(spare=0):
    """Return a contact with notes that leave so many bytes of its room."""
    contact = evolve(a_contact(1), attributes={"UserContactId": "u1"})
    left = room_for_values(SPECS) - spare - values_bytes(contact.attributes)
    filled = {}
    for spec in SPECS:
        size = min(left - 3, 900)
        if size > 0:
            filled[spec.name] = "x" * size
            left -= values_bytes({spec.name: filled[spec.name]})
    return evolve(contact, attributes={**contact.attributes, **filled})


def with_contact(contact):
    scene = Scene()
    scene.store.add_job(1, [contact])
    campaign = a_campaign(PacingType.PreviewUntimed, attributes=tuple(SPECS))
    scene.post(JobLoaded(1, JobSpec(1, campaign, total=1)))
    scene.nail()
    return scene


def test_contact_that_is_full_is_told_whole_and_takes_no_more():
    contact = full_contact()
    scene = with_contact(contact)
    scene.send("A", c.AGTGetCustomerDetails(SID))
    attributes = scene.responses[-1].customer_details.attributes
    assert {each.key for each in attributes} == {spec.name for spec in SPECS}
    records = list(scene.store.records)
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Note29", "x" * 900), SID))
    assert scene.responses[-1].result is ResultCode.ATTRIBUTE_INVALID
    assert scene.store.records == records
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Note0", "short"), SID))
    assert scene.responses[-1].result is ResultCode.SUCCESS
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Note29", "x" * 890), SID))
    assert scene.responses[-1].result is ResultCode.SUCCESS


def test_contact_that_was_too_large_before_may_get_smaller():
    contact = full_contact(spare=-500)
    scene = with_contact(contact)
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Note0", "x" * 901), SID))
    assert scene.responses[-1].result is ResultCode.ATTRIBUTE_INVALID
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("Note0", "x" * 899), SID))
    assert scene.responses[-1].result is ResultCode.SUCCESS


def test_attributes_are_too_many_when_their_names_leave_no_room():
    assert names_bytes(SPECS) < NAMES_BYTES
    assert not are_too_many(SPECS, room_for_values(SPECS))
    many = [AttributeSpec(f"Attribute {number}") for number in range(300)]
    assert are_too_many(many, 0)
    assert are_too_many([AttributeSpec(str(number)) for number in range(1025)], 0)


def test_names_beyond_what_is_kept_for_them_leave_less_room_for_values():
    many = [AttributeSpec(f"Attribute {number}") for number in range(120)]
    assert names_bytes(many) > NAMES_BYTES
    assert room_for_values(many) == room_for_values(SPECS) + NAMES_BYTES - names_bytes(many)
