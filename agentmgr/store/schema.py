"""The tables, as the newest migration leaves them; a test compares the two.

Types are named here so that SQLite's strict tables and PostgreSQL each get what they know.
"""

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

RowId = BigInteger().with_variant(Integer(), "sqlite")
Real: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
"""Epoch seconds UTC, and rates."""
Flag = Integer()
"""0 or 1."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _table(name: str, *items: Any, clustered: bool = False) -> Table:
    """Declare a table; a clustered one is kept in the order of its primary key where that can be said."""
    return Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=not clustered)


def _key(name: str, type_: TypeEngine[Any] = RowId, *items: Any) -> Column[Any]:
    return Column(name, type_, *items, primary_key=True)


def _needed(name: str, type_: TypeEngine[Any], *items: Any) -> Column[Any]:
    return Column(name, type_, *items, nullable=False)


def _ref(target: str) -> ForeignKey:
    return ForeignKey(target)


# -- who owns a zone -----------------------------------------------------------------------

# `owner` is an incarnation of a manager, empty for nobody; `host` and `port` are where its listener is;
# `timeline` is the history of PostgreSQL in which it last changed, 0 where there is but one.
zone = _table(
    "zone",
    _key("name", Text()),
    _needed("era", RowId),
    _needed("epoch", RowId),
    _needed("owner", Text()),
    _needed("host", Text()),
    _needed("moving_to", Text()),
    _needed("reason", Text()),
    _needed("wanted_by", Text()),
    _needed("port", Integer()),
    _needed("changed_at", Real),
    Column("timeline", RowId, nullable=False, server_default="0"),
)
# Processes; a beat is counted up at each sign of life.
manager = _table(
    "manager",
    _key("incarnation", Text()),
    _needed("name", Text()),
    _needed("beat", RowId),
    _needed("state", Text()),
    _needed("ready", Flag),
    _needed("version", Text()),
    _needed("lock", Text()),
    Column("http_url", Text(), nullable=False, server_default=""),
)
_IS_LIVE = text("state = 'live'")
Index("ix_manager_live", manager.c.name, sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE)
# Each change of owner; the managers are named. With `run` begin the session ids that it gives, 0 for none.
zone_event = _table(
    "zone_event",
    _key("zone", Text()),
    _key("era", RowId),
    _key("epoch", RowId),
    _needed("from_manager", Text()),
    _needed("to_manager", Text()),
    _needed("reason", Text()),
    _needed("at", Real),
    Column("run", RowId, nullable=False, server_default="0"),
)

# What is counted over all zones: `session run` is how many lives they have had, with which session ids begin.
numbering = _table("numbering", _key("name", Text()), _needed("latest", RowId), clustered=True)

# -- organisations, agents -----------------------------------------------------------------

# In every table `organisation` is the name of the one that a row belongs to, empty for one of all.
organisation = _table(
    "organisation",
    _key("name", Text()),
    _needed("created_at", Real),
)
agent = _table(
    "agent",
    _key("agent_id", Text()),
    _needed("name", Text()),
    _needed("password_hash", Text()),
    _needed("zone", Text()),
    _needed("enabled", Flag),
    _needed("organisation", Text()),
)
account = _table(
    "account",
    _key("name", Text()),
    _needed("password_hash", Text()),
    _needed("role", Text()),
    _needed("enabled", Flag),
    _needed("organisation", Text()),
)
# With what programs call in place of the account's password; of the text itself only a hash is here.
account_token = _table(
    "account_token",
    _key("token_id", Text()),
    _needed("account", Text()),
    _needed("name", Text()),
    _needed("digest", Text()),
    _needed("made_at", Real),
    Column("ends_at", Real),
)
Index("ix_account_token_account", account_token.c.account)
# What an account has called under a key of its own, and the answer once there is one.
kept_call = _table(
    "kept_call",
    _key("caller", Text()),
    _key("call_key", Text()),
    _needed("digest", Text()),
    _needed("begun_at", Real),
    Column("status", Integer()),
    _needed("body", Text()),
)
Index("ix_kept_call_begun_at", kept_call.c.begun_at)
agent_skill = _table(
    "agent_skill",
    _key("agent_id", Text(), _ref("agent.agent_id")),
    _key("position", Integer()),
    _needed("name", Text()),
    _needed("skill_id", Text()),
    _needed("level", Integer()),
)

# `attempt_id` is empty for an agent without a contact.
saved_agent = _table(
    "saved_agent",
    _key("agent_id", Text()),
    _needed("zone", Text()),
    _needed("agent_state", Text()),
    _needed("call_state", Text()),
    _needed("reason_code", Text()),
    _needed("leg_id", Text()),
    _needed("attempt_id", Text()),
    _needed("extension", Text()),
    _needed("skills", Text()),
    _needed("reason_name", Text()),
    _needed("name", Text()),
    _needed("timezone", Text()),
    _needed("has_asked", Integer()),
    _needed("is_leaving", Integer()),
    _needed("blend", Text()),
    _needed("is_available", Integer()),
    _needed("job_id", Integer()),
    _needed("placed_job_id", Integer()),
    Column("wrapup_ends_at", Real),
    _needed("extensions_left", Integer()),
)
agent_answer = _table(
    "agent_answer",
    Column("agent_id", Text(), primary_key=True),
    Column("slot", Integer(), primary_key=True),
    _needed("number", RowId),
    _needed("request_id", RowId),
    _needed("command", Text()),
    _needed("response", Text()),
)
resume_token = _table(
    "resume_token",
    _key("agent_id", Text()),
    _needed("newest", Text()),
    _needed("before", Text()),
    _needed("given_at", Real),
)
Index("ix_saved_agent_zone", saved_agent.c.zone)
Index("ix_saved_agent_attempt", saved_agent.c.attempt_id)

# -- contacts ------------------------------------------------------------------------------

attribute_spec = _table(
    "attribute_spec",
    _key("position"),
    _needed("name", Text()),
    _needed("data_type", Text()),
    _needed("attribute_type", Text()),
    _needed("display_name", Text()),
    _needed("organisation", Text()),
    UniqueConstraint("name"),
)
contact_list = _table(
    "contact_list",
    _key("list_id"),
    _needed("name", Text()),
    _needed("created_at", Real),
    _needed("country", Text()),
    # What was in the list until then is being deleted; and why it could not be, the last time.
    Column("emptying_before", Real),
    Column("emptying_error", Text(), nullable=False, server_default=""),
    _needed("organisation", Text()),
    UniqueConstraint("name"),
)
# One that is deleted has lost all but its id, for what was done with it.
contact = _table(
    "contact",
    _key("contact_id"),
    _needed("list_id", RowId, _ref("contact_list.list_id")),
    _needed("user_contact_id", Text()),
    _needed("updated_at", Real),
    Column("created_at", Real, nullable=False, server_default="0"),
    Column("updated_by", Text(), nullable=False, server_default=""),
    Column("deleted_at", Real),
)
_IS_THERE = text("deleted_at IS NULL")
Index(
    "ix_contact_user_id",
    contact.c.list_id,
    contact.c.user_contact_id,
    unique=True,
    sqlite_where=_IS_THERE,
    postgresql_where=_IS_THERE,
)
# The attributes that contacts of a list have, or had.
list_attribute = _table(
    "list_attribute",
    _key("list_id", RowId, _ref("contact_list.list_id")),
    _key("name", Text()),
    clustered=True,
)
# Patterns of numbers that are not taken, or the only ones that are; without a country those of all.
phone_rule = _table(
    "phone_rule",
    _key("rule_id"),
    _needed("kind", Text()),
    _needed("country", Text()),
    _needed("pattern", Text()),
    UniqueConstraint("kind", "country", "pattern"),
)
contact_phone = _table(
    "contact_phone",
    _key("contact_id", RowId, _ref("contact.contact_id")),
    _key("name", Text()),
    _needed("number", Text()),
    _needed("timezone", Text()),
    _needed("wireless", Flag),
    clustered=True,
)
contact_attribute = _table(
    "contact_attribute",
    _key("contact_id", RowId, _ref("contact.contact_id")),
    _key("name", Text()),
    _needed("value", Text()),
    clustered=True,
)
dnc = _table(
    "dnc",
    _key("organisation", Text()),
    _key("address", Text()),
    _needed("added_by", Text()),
    _needed("added_at", Real),
    clustered=True,
)

# -- campaigns -----------------------------------------------------------------------------

campaign = _table(
    "campaign",
    _key("campaign_id"),
    _needed("name", Text()),
    _needed("pacing", Text()),
    _needed("skill", Text()),
    _needed("default_code_id", Integer()),
    _needed("min_skill_level", Integer()),
    _needed("priority", Integer()),
    _needed("script_url", Text()),
    _needed("script_failover_url", Text()),
    _needed("abandon_limit", Real),
    _needed("ring_time_s", Integer()),
    _needed("preview_timeout_s", Integer()),
    _needed("acw_max_time_s", Integer()),
    _needed("acw_extensions", Integer()),
    _needed("max_attempts", Integer()),
    _needed("nuisance_retry_s", Integer()),
    _needed("calling_start_min", Integer()),
    _needed("calling_end_min", Integer()),
    _needed("calling_weekdays", Text()),
    _needed("abandon_number", Text()),
    _needed("allow_free_form", Flag),
    _needed("allow_premium", Flag),
    _needed("country", Text()),
    _needed("callback_notice_s", Integer()),
    _needed("callback_types", Text()),
    _needed("zones", Text()),
    _needed("organisation", Text()),
    _needed("tasks", Text()),
    _needed("steps", Text()),
    _needed("callback_expiry_min", Integer()),
    _needed("version", Integer()),
    _needed("created_at", Real),
    Column("infinite", Flag, nullable=False, server_default="0"),
    Column("custom_pacing", Flag, nullable=False, server_default="0"),
    Column("strict_abandon_limit", Flag, nullable=False, server_default="0"),
    Column("min_calls_per_agent", Real, nullable=False, server_default="1"),
    Column("max_calls_per_agent", Real, nullable=False, server_default="4"),
    Column("filter", Text(), nullable=False, server_default=""),
    Column("finish_when", Text(), nullable=False, server_default=""),
    Column("description", Text(), nullable=False, server_default=""),
    Column("created_by", Text(), nullable=False, server_default=""),
    Column("updated_by", Text(), nullable=False, server_default=""),
    Column("updated_at", Real, nullable=False, server_default="0"),
    UniqueConstraint("name"),
)
campaign_list = _table(
    "campaign_list",
    _key("campaign_id", RowId, _ref("campaign.campaign_id")),
    _key("list_id", RowId, _ref("contact_list.list_id")),
)
campaign_retry = _table(
    "campaign_retry",
    _key("campaign_id", RowId, _ref("campaign.campaign_id")),
    _key("reason", Text()),
    _needed("retry_s", Integer()),
)
campaign_destination = _table(
    "campaign_destination",
    _key("campaign_id", RowId, _ref("campaign.campaign_id")),
    _key("position", Integer()),
    _needed("name", Text()),
    _needed("number", Text()),
)
completion_code = _table(
    "completion_code",
    _key("campaign_id", RowId, _ref("campaign.campaign_id")),
    _key("code_id", Integer()),
    _needed("position", Integer()),
    _needed("name", Text()),
    _needed("success", Flag),
    Column("retry_after_s", Integer()),
    UniqueConstraint("campaign_id", "name"),
)

# A campaign that is being deleted, some rows at a time; one that is run meanwhile is not any more.
campaign_deletion = _table(
    "campaign_deletion",
    _key("campaign_id", RowId, _ref("campaign.campaign_id")),
    clustered=True,
)

# -- jobs ----------------------------------------------------------------------------------

# `total` counts all contacts that ever came into it, also those that were archived. One that is queued, or in
# preparation, has not started. `max_calls` is null where the campaign has no custom pacing.
job = _table(
    "job",
    _key("job_id"),
    _needed("campaign_id", RowId, _ref("campaign.campaign_id")),
    _needed("state", Text()),
    _needed("total", Integer()),
    _needed("created_at", Real),
    Column("ended_at", Real),
    Column("started_at", Real),
    Column("max_calls", Integer()),
)
_LIVE = text("ended_at IS NULL")
Index("ix_job_campaign", job.c.campaign_id, job.c.job_id)
_UNDER_WAY = text("started_at IS NOT NULL AND ended_at IS NULL")
Index(
    "ix_job_one_live",
    job.c.campaign_id,
    unique=True,
    sqlite_where=_UNDER_WAY,
    postgresql_where=_UNDER_WAY,
)
Index("ix_job_open", job.c.campaign_id, job.c.job_id, sqlite_where=_LIVE, postgresql_where=_LIVE)
# The contact lists that a job was made of or given since.
job_list = _table(
    "job_list",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("list_id", RowId, _ref("contact_list.list_id")),
    clustered=True,
)
Index("ix_job_list_list", job_list.c.list_id, job_list.c.job_id)

# What a zone has of a job; one that has ended comes back to life if there are contacts again. With custom
# pacing the zone may begin calls up to `calls_granted` and has at most `calls_reserved`, until it says that
# it has fewer; `calls_grant` counts the grants, `calls_wanted` says whether there is anybody to call for.
# Until it has heard of its latest grant it may begin calls up to `calls_believed`.
job_share = _table(
    "job_share",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("zone", Text()),
    Column("ended_at", Real),
    Column("calls_granted", Integer(), nullable=False, server_default="0"),
    Column("calls_reserved", Integer(), nullable=False, server_default="0"),
    Column("calls_grant", Integer(), nullable=False, server_default="0"),
    Column("calls_wanted", Flag, nullable=False, server_default="1"),
    Column("calls_believed", Integer(), nullable=False, server_default="0"),
    clustered=True,
)

# `zone` is that of the share that has the contact, or had it last.
# `phone` is the name of the number to be dialled next, empty for the contact's first one; `timezone` is that
# number's, as `contact_phone` has it; `left_out` are numbers that are of no use in this job, by commas.
# A contact that was never given back is due at 0. `course` is how far it is in its campaign's strategy,
# `priority` is 0 for high, 1 for medium, 2 for low.
job_contact = _table(
    "job_contact",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("contact_id", RowId, _ref("contact.contact_id")),
    _needed("zone", Text()),
    _needed("state", Text()),
    _needed("attempts", Integer()),
    _needed("due_at", Real),
    _needed("last_outcome", Text()),
    _needed("phone", Text()),
    _needed("timezone", Text()),
    _needed("left_out", Text()),
    _needed("course", Text()),
    Column("priority", Integer(), nullable=False, server_default="1"),
    CheckConstraint("state IN ('pending', 'claimed', 'done')", name="state"),
    clustered=True,
)
# A claim reads the first entries of a range of it for each time zone, however many contacts there are.
_IS_PENDING = text("state = 'pending'")
Index(
    "ix_job_contact_pending",
    job_contact.c.job_id,
    job_contact.c.zone,
    job_contact.c.timezone,
    job_contact.c.priority,
    job_contact.c.due_at,
    job_contact.c.contact_id,
    sqlite_where=_IS_PENDING,
    postgresql_where=_IS_PENDING,
)
_IS_CLAIMED = text("state = 'claimed'")
Index(
    "ix_job_contact_claimed",
    job_contact.c.job_id,
    job_contact.c.zone,
    sqlite_where=_IS_CLAIMED,
    postgresql_where=_IS_CLAIMED,
)

# Numbers that campaigns and agents have in a job: how they are called, by scope, and what they are.
# `agent_id` is empty for the campaign's own.
number_attribute = _table(
    "number_attribute",
    _key("scope", Text()),
    _key("name", Text()),
    _needed("display_name", Text()),
    _needed("initial", Real),
    _needed("organisation", Text()),
    clustered=True,
)
job_value = _table(
    "job_value",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("agent_id", Text()),
    _key("name", Text()),
    _needed("value", Real),
    clustered=True,
)

# What each share of the job has done: as many rows as there are different outcomes, however many attempts.
job_counter = _table(
    "job_counter",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("zone", Text()),
    _key("counted", Text()),
    _key("name", Text()),
    _needed("how_many", Integer()),
    clustered=True,
)

# What a zone's agents and lines did for a job in a minute of the epoch: seconds that each was so, added up,
# of the `sampled_s` that somebody looked. What was counted is as it stood when the minute was over.
minute_figure = _table(
    "minute_figure",
    _key("job_id", RowId, _ref("job.job_id")),
    _key("minute", RowId),
    _key("zone", Text()),
    *(_needed(f"{name}_s", Real) for name in ("sampled", "idle", "busy", "other", "ringing")),
    *(_needed(name, Integer()) for name in ("callbacks", "dials", "live_answers", "abandoned", "done")),
    clustered=True,
)
Index("ix_minute_figure_minute", minute_figure.c.minute)

# Contacts that wait, by share, the time zone of their next number and whether they were given back before (1)
# or are fresh (0). Triggers on `job_contact` add a row for each change, so that whatever changes a contact is
# counted and none who does waits for another; the share's owner adds the rows up now and then.
job_pending = _table(
    "job_pending",
    _key("row_id"),
    _needed("job_id", RowId, _ref("job.job_id")),
    _needed("zone", Text()),
    _needed("timezone", Text()),
    _needed("retries", Flag),
    _needed("how_many", Integer()),
)
Index("ix_job_pending_share", job_pending.c.job_id, job_pending.c.zone)

# `zone` is that of the share that has it.
callback = _table(
    "callback",
    _key("callback_id", Text()),
    _needed("campaign_id", RowId, _ref("campaign.campaign_id")),
    _needed("job_id", RowId, _ref("job.job_id")),
    _needed("contact_id", RowId, _ref("contact.contact_id")),
    _needed("callback_type", Text()),
    _needed("agent_id", Text()),
    _needed("created_by", Text()),
    _needed("number", Text()),
    _needed("number_name", Text()),
    _needed("timezone", Text()),
    _needed("due_at", Real),
    _needed("expires_at", Real),
    _needed("notes", Text()),
    _needed("created_at", Real),
    _needed("saved_at", Real),
    Column("ended_at", Real),
    Column("outcome", Text()),
    _needed("attempts", Integer()),
    # In which version of its campaign a supervisor last changed it, and what they said; 0 if nobody did.
    _needed("moved_in", Integer()),
    _needed("reason", Text()),
    _needed("zone", Text()),
    # With which version of its campaign it was made from outside; 0 if an agent made it.
    _needed("made_in", Integer()),
)
# Holds the live ones alone: few, however many there ever were.
Index(
    "ix_callback_due",
    callback.c.campaign_id,
    callback.c.due_at,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
# What supervisors changed, which zones are told: few.
_MOVED = text("moved_in > 0")
Index(
    "ix_callback_moved",
    callback.c.campaign_id,
    callback.c.moved_in,
    sqlite_where=_MOVED,
    postgresql_where=_MOVED,
)
Index("ix_callback_contact", callback.c.contact_id)
Index("ix_callback_job", callback.c.job_id)

# Each dial is an attempt, and what was shown to an agent and never dialled. `session_id` is the first attempt
# of its session, `reached_at` when a person first answered in that, in this attempt or before. Of a dial is
# `checked_at` when nothing stood against it, `timezone` where the number was, `hours` the campaign's of then.
# An attempt for a callback can be at a contact that its job does not have.
attempt = _table(
    "attempt",
    _key("attempt_id", Text()),
    _needed("session_id", Text()),
    _needed("job_id", RowId, _ref("job.job_id")),
    _needed("contact_id", RowId, _ref("contact.contact_id")),
    _needed("contact_type", Text()),
    _needed("number", Text()),
    _needed("number_name", Text()),
    _needed("started_at", Real),
    Column("dialed_at", Real),
    Column("answered_at", Real),
    Column("reached_at", Real),
    Column("ended_at", Real),
    Column("agent_id", Text()),
    Column("outcome", Text()),
    Column("callback_id", Text(), _ref("callback.callback_id")),
    _needed("zone", Text()),
    Column("checked_at", Real),
    Column("timezone", Text()),
    Column("hours", Text()),
    clustered=True,
)
Index(
    "ix_attempt_open",
    attempt.c.job_id,
    attempt.c.zone,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
Index("ix_attempt_contact", attempt.c.contact_id, attempt.c.job_id, attempt.c.started_at)
# The dials of a job in their order, read in pages.
_DIALED = text("dialed_at IS NOT NULL")
Index(
    "ix_attempt_dialed",
    attempt.c.job_id,
    attempt.c.dialed_at,
    attempt.c.attempt_id,
    sqlite_where=_DIALED,
    postgresql_where=_DIALED,
)
# Live answers of calls for whichever agent is free: counted by day, which reads the index alone.
LIVE_ANSWER = "answered_at IS NOT NULL AND contact_type IN ('Predictive', 'Progressive')"
_ANSWERED = text(LIVE_ANSWER)
Index(
    "ix_attempt_answered",
    attempt.c.job_id,
    attempt.c.started_at,
    attempt.c.outcome,
    attempt.c.contact_type,
    attempt.c.answered_at,
    sqlite_where=_ANSWERED,
    postgresql_where=_ANSWERED,
)
# All attempts of a job in their order, read in pages.
Index("ix_attempt_started", attempt.c.job_id, attempt.c.started_at, attempt.c.attempt_id)
_FOR_CALLBACK = text("callback_id IS NOT NULL")
Index(
    "ix_attempt_callback",
    attempt.c.callback_id,
    sqlite_where=_FOR_CALLBACK,
    postgresql_where=_FOR_CALLBACK,
)

# Which open attempt has a number: the one that was written down with it first. Triggers on `attempt` see to
# it; one that comes later has to be written down with it anew.
number_in_work = _table(
    "number_in_work",
    _key("number", Text()),
    _needed("attempt_id", Text()),
    clustered=True,
)

disposition = _table(
    "disposition",
    _key("row_id"),
    _needed("attempt_id", Text(), _ref("attempt.attempt_id")),
    _needed("job_id", RowId, _ref("job.job_id")),
    _needed("contact_id", RowId, _ref("contact.contact_id")),
    _needed("agent_id", Text()),
    _needed("code_id", Integer()),
    _needed("source", Text()),
    _needed("saved_at", Real),
    UniqueConstraint("attempt_id"),
)
Index("ix_disposition_job", disposition.c.job_id, disposition.c.row_id)

note = _table(
    "note",
    _key("note_id"),
    _needed("contact_id", RowId, _ref("contact.contact_id")),
    _needed("job_id", RowId, _ref("job.job_id")),
    _needed("attempt_id", Text()),
    _needed("agent_id", Text()),
    _needed("text", Text()),
    _needed("written_at", Real),
)
Index("ix_note_contact", note.c.contact_id, note.c.note_id)
Index("ix_note_job", note.c.job_id)

# -- data sources, imports, schedules ------------------------------------------------------

# Where contacts of a list come from: `columns` gives those of the source another name, `checks` are the names
# of those to be made, both as JSON.
data_source = _table(
    "data_source",
    _key("source_id"),
    _needed("name", Text()),
    _needed("description", Text()),
    _needed("list_id", RowId, _ref("contact_list.list_id")),
    _needed("kind", Text()),
    _needed("location", Text()),
    _needed("query", Text()),
    _needed("columns", Text()),
    _needed("country", Text()),
    _needed("encoding", Text()),
    _needed("checks", Text()),
    _needed("on_duplicate", Text()),
    _needed("empty_first", Flag),
    _needed("allow_premium", Flag),
    _needed("made_by", Text()),
    _needed("created_at", Real),
    UniqueConstraint("name"),
)
# An import under way or over. `owner` is the process that works on it, which was last seen at `seen_at`.
# `position` counts the rows that are behind it, and `fingerprint` tells whether a file still has the same.
# The counts are each of rows, but `deleted`.
import_job = _table(
    "import_job",
    _key("import_id"),
    _needed("source_id", RowId, _ref("data_source.source_id")),
    _needed("state", Text()),
    _needed("owner", Text()),
    _needed("seen_at", Real),
    _needed("position", RowId),
    _needed("fingerprint", Text()),
    _needed("error", Text()),
    _needed("created", RowId),
    _needed("updated", RowId),
    _needed("ignored", RowId),
    _needed("invalid", RowId),
    _needed("misformatted", RowId),
    _needed("rejected", RowId),
    _needed("on_dnc", RowId),
    _needed("failed", RowId),
    _needed("deleted", RowId),
    _needed("made_by", Text()),
    _needed("created_at", Real),
    Column("started_at", Real),
    Column("ended_at", Real),
)
Index("ix_import_job_source", import_job.c.source_id, import_job.c.import_id)
Index("ix_import_job_live", import_job.c.import_id, sqlite_where=_LIVE, postgresql_where=_LIVE)

# What happens to a campaign or with a data source at times on the wall of a zone; `next_at` is when it
# happens next, NULL once it is over, and `outcome` what came of the last time. Lists of days are by commas.
schedule = _table(
    "schedule",
    _key("schedule_id"),
    _needed("target", Text()),
    Column("campaign_id", RowId, _ref("campaign.campaign_id")),
    Column("source_id", RowId, _ref("data_source.source_id")),
    _needed("frequency", Text()),
    _needed("start_local", Text()),
    _needed("end_local", Text()),
    _needed("timezone", Text()),
    _needed("every_min", Integer()),
    _needed("weekdays", Text()),
    _needed("left_out", Text()),
    Column("next_at", Real),
    Column("last_at", Real),
    _needed("outcome", Text()),
    _needed("made_by", Text()),
    _needed("created_at", Real),
)
_IS_TO_COME = text("next_at IS NOT NULL")
Index(
    "ix_schedule_next",
    schedule.c.next_at,
    schedule.c.schedule_id,
    sqlite_where=_IS_TO_COME,
    postgresql_where=_IS_TO_COME,
)
# -- what publishers have to tell ------------------------------------------------------------

# Who gets the results of attempts; triggers on attempts and dispositions put them into the outbox.
publisher = _table("publisher", _key("name", Text()), clustered=True)
# What one process does for all, by its incarnation.
duty = _table("duty", _key("name", Text()), _needed("incarnation", Text()), clustered=True)
# Who is told jobs that are over, those that ended since; and how far each is with one.
processor = _table("processor", _key("name", Text()), _needed("since", Real), clustered=True)
processing = _table(
    "processing",
    _key("processor", Text()),
    _key("job_id"),
    _needed("started_at", Real),
    _needed("attempt_id", Text()),
    _needed("is_done", Flag),
    clustered=True,
)
# A row for each publisher, gone once it was told; texts are as they were then.
outbox = _table(
    "outbox",
    _key("seq"),
    _needed("publisher", Text()),
    _needed("message_id", Text()),
    _needed("campaign", Text()),
    _needed("job_id", RowId),
    _needed("user_contact_id", Text()),
    _needed("contact_id", RowId),
    _needed("session_id", Text()),
    _needed("address", Text()),
    _needed("contact_list", Text()),
    _needed("zone", Text()),
    _needed("result", Text()),
    _needed("at", Real),
)
Index("ix_outbox_publisher", outbox.c.publisher, outbox.c.seq)
