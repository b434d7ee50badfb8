"""Contacts with their attributes and lists, and who must not be contacted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import evolve, field, frozen

from agentmgr.core.model import AttributeSpec, ContactSpec, PhoneNumber


@frozen
class ContactDraft:
    """A contact to be stored; an attribute with an empty value is taken away from one that exists.

    `attributes` are all but the id, the telephone numbers and their time zones; the name of a number
    that shall be taken away is in them too. `zone_not_said` has the names of numbers whose time zone stays
    as it is if the number does: it was not said, and may have been given before.
    """

    user_contact_id: str
    numbers: tuple[PhoneNumber, ...]
    attributes: Mapping[str, str]
    zone_not_said: frozenset[str] = frozenset()


@frozen
class TakenIn:
    """How many contacts the job of a campaign, which runs or is paused, has taken in."""

    campaign: str
    zones: tuple[str, ...]
    contacts: int


@frozen
class ContactsPut:
    """How many contacts were new and how many were there already.

    Neither counts those left alone. `taken_in` says which jobs have more to do now. `too_large` are those
    that were not stored, by their place among those given, with the bytes that each would have had with what
    is there already.
    """

    created: int
    updated: int
    too_large: Mapping[int, int] = field(factory=dict)
    taken_in: tuple[TakenIn, ...] = ()


@frozen
class ContactList:
    """A contact list with the number of its contacts.

    `country` is the ISO region of its numbers that are written without country code, empty if not known;
    `organisation` whose it is, empty if it is everybody's.
    """

    list_id: int
    name: str
    contacts: int
    country: str = ""
    organisation: str = ""


@frozen
class StoredContact:
    """A contact with who changed it and what came of calling it; times are epoch seconds, None for never.

    A success is an attempt in which a person was reached; `last_code_id` is of the latest disposition.
    """

    contact: ContactSpec
    updated_at: float
    updated_by: str
    last_attempt_at: float | None = None
    last_success_at: float | None = None
    last_code_id: int | None = None

    def without(self, names: Collection[str]) -> "StoredContact":
        """Return it without attributes of some names, and numbers of these names."""
        kept = {name: value for name, value in self.contact.attributes.items() if name not in names}
        numbers = tuple(each for each in self.contact.numbers if each.name not in names)
        return evolve(self, contact=evolve(self.contact, attributes=kept, numbers=numbers))


class Deletion(StrEnum):
    """What became of a contact that was to be deleted."""

    DONE = "deleted"
    MISSING = "not there"
    IN_USE = "in use"


@frozen
class Emptying:
    """How the emptying of a list goes: since when, None if it does not; and why the last one failed."""

    since: float | None
    error: str = ""


class RuleKind(StrEnum):
    """What a rule for telephone numbers does."""

    REJECT = "reject"
    FORMAT = "format"


@frozen
class PhoneRule:
    """A pattern that numbers of a country (ISO region, empty for all) must not have, or must have."""

    rule_id: int
    kind: RuleKind
    country: str
    pattern: str


class PhoneRuleStore(Protocol):
    """Rules for telephone numbers."""

    def phone_rules(self) -> tuple[PhoneRule, ...]:
        """Return all rules by their ids."""
        ...

    def add_phone_rule(self, kind: RuleKind, country: str, pattern: str) -> PhoneRule | None:
        """Store a rule; None if there is one like it."""
        ...

    def remove_phone_rule(self, rule_id: int) -> bool:
        """Delete a rule; False if there is none of that id."""
        ...


class AttributeStore(Protocol):
    """The attributes that a contact can have."""

    def define_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Make attributes known; those that are known already stay as they are."""
        ...

    def attributes(self, names: Collection[str] | None = None) -> tuple[AttributeSpec, ...]:
        """Return all known attributes in the order they were defined, or those of some names."""
        ...

    def put_attribute(self, spec: AttributeSpec) -> None:
        """Make an attribute known, or replace the one with the same name."""
        ...

    def attribute_values(
        self, name: str, after_contact_id: int, contacts: int
    ) -> tuple[tuple[tuple[str, str, str], ...], int | None]:
        """Return the values that the next so many contacts have of an attribute, those above an id.

        Each with list and id of its contact; and the id to go on after, None once there are no more.
        """
        ...

    def be_numbers(
        self, name: str, numbers: Mapping[str, PhoneNumber], after_contact_id: int, limit: int
    ) -> int | None:
        """Let the values that the next contacts have of an attribute be telephone numbers of theirs.

        Values that `numbers` has not stay. Returns the id to go on after, None once there are no more.
        """
        ...

    def be_values(self, name: str, after_contact_id: int, limit: int) -> int | None:
        """Let the telephone numbers of a name that the next contacts have be plain values; the way back."""
        ...


class ContactStore(Protocol):
    """Contacts in their lists."""

    def ensure_list(self, name: str, now: float, country: str = "", organisation: str = "") -> int:
        """Return the id of a contact list; keep its country.

        It is made, for an organisation, if there is none of that name.
        """
        ...

    def find_list(self, name: str) -> ContactList | None:
        """Look a contact list up, with 0 for the number of its contacts: counting them takes long."""
        ...

    def contact_lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists by name."""
        ...

    def put_contacts(
        self,
        list_id: int,
        drafts: Sequence[ContactDraft],
        now: float,
        by: str = "",
        *,
        create: bool = True,
        update: bool = True,
    ) -> ContactsPut:
        """Store contacts; one whose id is in the list already is updated, the last of equal ids counts.

        `by` is who wants it; without `create` those that are new are left alone, without `update` those that
        are there.

        One that would be larger than a desktop can be told is left as it is. The jobs that run or are paused
        with the list take in what they have not.
        """
        ...

    def find_contact(self, list_id: int, user_contact_id: str) -> StoredContact | None:
        """Look a contact of a list up."""
        ...

    def contact_values(self, list_id: int, user_contact_id: str) -> Mapping[str, str] | None:
        """Return the attributes of a contact of a list, with its numbers; None if there is none."""
        ...

    def delete_contact(self, list_id: int, user_contact_id: str, now: float, by: str) -> Deletion:
        """Delete a contact with its attributes, numbers and notes; what was done with it stays.

        One that a job which is not over still wants is in use, as is one that waits for a callback.
        """
        ...

    def list_attributes(self, list_id: int) -> frozenset[str]:
        """Return the names of the attributes that contacts of a list have, or had."""
        ...

    def begin_emptying(self, list_id: int, now: float) -> int | None:
        """Let a list be emptied of all that is in it now; return how many contacts that are.

        None if a job that is not over has it, or it is being emptied already.
        """
        ...

    def empty_some(self, list_id: int, limit: int, now: float, by: str) -> bool:
        """Delete some of the contacts of a list that is being emptied; False once none is left.

        One that came to be in use meanwhile ends it, which the state says then.
        """
        ...

    def emptying(self, list_id: int) -> Emptying:
        """Return how the emptying of a list goes."""
        ...

    def forget_emptying_error(self, list_id: int) -> None:
        """Let the last emptying be over, whatever came of it."""
        ...

    def lists_being_emptied(self) -> tuple[int, ...]:
        """Return the ids of the lists that are being emptied."""
        ...

    def count_contacts(self, list_id: int) -> int:
        """Count the contacts of a list."""
        ...

    def largest_contact_bytes(self) -> int:
        """Return what the values of the largest contact take, three bytes more for each; goes through all."""
        ...


@frozen
class DncEntry:
    """An address that an organisation must not contact, nobody without one, and who said so.

    `added_at` is epoch seconds.
    """

    address: str
    added_by: str
    added_at: float
    organisation: str = ""


class DncStore(Protocol):
    """The do-not-call lists: everybody's, and one for each organisation."""

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        """Return those of the addresses that an organisation may not contact: by its list, or everybody's."""
        ...

    def on_own_dnc(self, addresses: Iterable[str], organisation: str) -> frozenset[str]:
        """Return those of the addresses that are on one list alone: everybody's, or an organisation's."""
        ...

    def add_to_dnc(self, entries: Iterable[DncEntry]) -> int:
        """Put addresses on the do-not-call lists; return how many were not there yet."""
        ...

    def remove_from_dnc(self, addresses: Iterable[str], organisation: str = "") -> int:
        """Take addresses off one list, everybody's or an organisation's; return how many were there."""
        ...

    def dnc_entries(self, after_address: str, limit: int, organisation: str = "") -> tuple[DncEntry, ...]:
        """Return the next entries of one list by address, those above an address."""
        ...
