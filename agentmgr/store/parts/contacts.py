"""Lists, contacts, attributes, rules for numbers, and the do-not-call lists."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from agentmgr.core.model import (
    AttributeSpec,
    PhoneNumber,
)
from agentmgr.ports import (
    AttemptFilter,
    AttemptPlace,
    AttemptRow,
    CallbackChange,
    CallbackFilter,
    CallbackPlace,
    CallCounts,
    ContactDraft,
    ContactHistory,
    ContactList,
    ContactPage,
    ContactsPut,
    Deletion,
    DncEntry,
    Emptying,
    KeptCallback,
    NewCallback,
    PhoneRule,
    ReportCounts,
    RuleKind,
    StoredContact,
)
from agentmgr.store import (
    callbacks,
    campaigns,
    compliance,
    contact,
    contacts,
    dnc,
    history,
    reports,
)
from agentmgr.store.parts.part import Part


class ContactPart(Part):
    """Contacts and all that describes them."""

    # -- contacts ----------------------------------------------------------------------------

    def define_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Make attributes known; those that are known already stay as they are."""
        self._database.write(campaigns.define_attributes, tuple(specs))

    def attributes(self, names: Collection[str] | None = None) -> tuple[AttributeSpec, ...]:
        """Return all known attributes in the order they were defined, or those of some names."""
        if names is not None and not names:
            return ()
        return self._database.read(campaigns.read_attributes, names)

    def put_attribute(self, spec: AttributeSpec) -> None:
        """Make an attribute known, or replace the one with the same name."""
        self._database.write(campaigns.put_attribute, spec)

    def attribute_values(
        self, name: str, after_contact_id: int, contacts: int
    ) -> tuple[tuple[tuple[str, str, str], ...], int | None]:
        """Return the values of an attribute that the next contacts have, and the id to go on after."""
        return self._database.read(campaigns.read_values, name, after_contact_id, contacts)

    def be_numbers(
        self, name: str, numbers: Mapping[str, PhoneNumber], after_contact_id: int, limit: int
    ) -> int | None:
        """Let the values that the next contacts have of an attribute be telephone numbers of theirs."""
        return self._database.write(contacts.be_numbers, name, numbers, after_contact_id, limit)

    def be_values(self, name: str, after_contact_id: int, limit: int) -> int | None:
        """Let the telephone numbers of a name that the next contacts have be plain values."""
        return self._database.write(contacts.be_values, name, after_contact_id, limit)

    def ensure_list(self, name: str, now: float, country: str = "", organisation: str = "") -> int:
        """Return the id of a contact list, which is made if there is none of that name; keep its country."""
        return self._database.write(contacts.ensure_list, name, now, country, organisation)

    def find_list(self, name: str) -> ContactList | None:
        """Look a contact list up; its contacts are not counted."""
        return self._database.read(contacts.find_list, name)

    def contact_lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists by name."""
        return self._database.read(contacts.read_lists)

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
        """Store contacts; one whose id is in the list already is updated, the last of equal ids counts."""
        return self._database.write(contacts.put_contacts, list_id, tuple(drafts), now, by, create, update)

    def find_contact(self, list_id: int, user_contact_id: str) -> StoredContact | None:
        """Look a contact of a list up."""
        return self._database.read(contact.find_contact, list_id, user_contact_id)

    def contact_values(self, list_id: int, user_contact_id: str) -> Mapping[str, str] | None:
        """Return the attributes of a contact of a list, with its numbers; None if there is none."""
        return self._database.read(contacts.contact_values, list_id, user_contact_id)

    def delete_contact(self, list_id: int, user_contact_id: str, now: float, by: str) -> Deletion:
        """Delete a contact with its attributes, numbers and notes; what was done with it stays."""
        return self._database.write(contact.delete_contact, list_id, user_contact_id, now, by)

    def list_attributes(self, list_id: int) -> frozenset[str]:
        """Return the names of the attributes that contacts of a list have, or had."""
        return self._database.read(contact.list_attributes, list_id)

    def begin_emptying(self, list_id: int, now: float) -> int | None:
        """Let a list be emptied of all that is in it now; return how many contacts that are."""
        return self._database.write(contact.begin_emptying, list_id, now)

    def empty_some(self, list_id: int, limit: int, now: float, by: str) -> bool:
        """Delete some of the contacts of a list that is being emptied; False once none is left."""
        return self._database.write(contact.empty_some, list_id, limit, now, by)

    def emptying(self, list_id: int) -> Emptying:
        """Return how the emptying of a list goes."""
        return self._database.read(contact.emptying, list_id)

    def forget_emptying_error(self, list_id: int) -> None:
        """Let the last emptying be over, whatever came of it."""
        self._database.write(contact.forget_emptying_error, list_id)

    def lists_being_emptied(self) -> tuple[int, ...]:
        """Return the ids of the lists that are being emptied."""
        return self._database.read(contact.lists_being_emptied)

    def count_contacts(self, list_id: int) -> int:
        """Count the contacts of a list."""
        return self._database.read(contact.count_contacts, list_id)

    def phone_rules(self) -> tuple[PhoneRule, ...]:
        """Return all rules for telephone numbers by their ids."""
        return self._database.read(contact.phone_rules)

    def add_phone_rule(self, kind: RuleKind, country: str, pattern: str) -> PhoneRule | None:
        """Store a rule; None if there is one like it."""
        return self._database.write(contact.add_phone_rule, kind, country, pattern)

    def remove_phone_rule(self, rule_id: int) -> bool:
        """Delete a rule; False if there is none of that id."""
        return self._database.write(contact.remove_phone_rule, rule_id)

    def largest_contact_bytes(self) -> int:
        """Return what the values of the largest contact take, three bytes more for each; goes through all."""
        return self._database.read(contacts.largest_contact_bytes)

    def find_contacts(self, user_contact_id: str, *, deleted: bool = False) -> tuple[tuple[int, str], ...]:
        """Return the contacts that have an id in their list, each with the list's name."""
        return self._database.read(history.find_contacts, user_contact_id, deleted)

    def contact_history(self, contact_id: int) -> ContactHistory:
        """Return all that is known of a contact that exists."""
        return self._database.read(history.read_history, contact_id)

    def job_ids(self, campaign_ids: Iterable[int] | None) -> tuple[int, ...]:
        """Return the jobs of some campaigns, or of all, by id."""
        wanted = None if campaign_ids is None else frozenset(campaign_ids)
        return self._database.read(history.read_job_ids, wanted)

    def attempts(
        self, job_id: int, wanted: AttemptFilter, after: AttemptPlace, limit: int
    ) -> tuple[tuple[AttemptRow, ...], AttemptPlace | None]:
        """Look at the next attempts of a job; return those wanted, and where to go on."""
        return self._database.read(history.read_attempts, job_id, wanted, after, limit)

    def count_calls(self, campaign_id: int, since: float, until: float) -> CallCounts:
        """Count the calls of a campaign that began in a time, epoch seconds, the second excluded."""
        return self._database.read(compliance.count_calls, campaign_id, since, until)

    def live_answers(self, campaign_id: int, since: float, until: float) -> tuple[int, int]:
        """Count the live answers of that, and those of them that were abandoned."""
        return self._database.read(compliance.live_answers, campaign_id, since, until)

    def report(self, by: str, campaign_id: int, since: float, until: float) -> tuple[ReportCounts, ...]:
        """Add up what attempts of a campaign came to that began in a time, epoch seconds."""
        return self._database.read(reports.read_report, by, campaign_id, since, until)

    def list_page(
        self, list_id: int, job_ids: Sequence[int], after_user_contact_id: str, limit: int
    ) -> ContactPage:
        """Return the next contacts of a list by their ids, those above one."""
        return self._database.read(
            history.read_list_page, list_id, tuple(job_ids), after_user_contact_id, limit
        )

    def find_callbacks(
        self, wanted: CallbackFilter, after: CallbackPlace, limit: int
    ) -> tuple[KeptCallback, ...]:
        """Return the next callbacks that fit, by the time they are due."""
        return self._database.read(callbacks.find_callbacks, wanted, after, limit)

    def kept_callbacks(self, callback_ids: Sequence[str]) -> tuple[KeptCallback, ...]:
        """Return the callbacks that have some ids."""
        return self._database.read(callbacks.read_kept, tuple(callback_ids))

    def make_callback(self, new: NewCallback, now: float) -> str | None:
        """Make a callback for a job that runs or is paused; None if it does not, or its contact is gone."""
        return self._database.write(callbacks.make_callback, new, now)

    def change_callbacks(self, changes: Sequence[CallbackChange], now: float) -> tuple[KeptCallback, ...]:
        """Move or cancel callbacks, all or none; return those that stand against it."""
        return self._database.write(callbacks.change_callbacks, tuple(changes), now)

    # -- do not call -------------------------------------------------------------------------

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        """Return those of the addresses that an organisation may not contact: by its list, or everybody's."""
        return self._database.read(dnc.find_on_dnc, tuple(addresses), dnc.lists_for(organisation))

    def on_own_dnc(self, addresses: Iterable[str], organisation: str) -> frozenset[str]:
        """Return those of the addresses that are on one list alone: everybody's, or an organisation's."""
        return self._database.read(dnc.find_on_dnc, tuple(addresses), (organisation,))

    def add_to_dnc(self, entries: Iterable[DncEntry]) -> int:
        """Put addresses on the do-not-call lists; return how many were not there yet."""
        return self._database.write(dnc.add_to_dnc, tuple(entries))

    def remove_from_dnc(self, addresses: Iterable[str], organisation: str = "") -> int:
        """Take addresses off one list, everybody's or an organisation's; return how many were there."""
        return self._database.write(dnc.remove_from_dnc, tuple(addresses), organisation)

    def dnc_entries(self, after_address: str, limit: int, organisation: str = "") -> tuple[DncEntry, ...]:
        """Return the next entries of one list by address, those above an address."""
        return self._database.read(dnc.read_dnc, after_address, limit, organisation)
