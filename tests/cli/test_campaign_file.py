"""A campaign as a file: made of it, written as one, changed by its keys; and mistakes told where they are."""

import os
from pathlib import Path

import pytest
from attrs import evolve
from clishell import Shell

from agentmgr.core.model import CampaignSpec
from agentmgr.store import open_sqlite

SHIPPED = Path(__file__).parents[2] / "config" / "campaign.toml"
EVERYTHING = """\
name = "Everything"
skill = "English"
lists = ["People"]
pacing = "preview"
calling_hours = "09:00-20:00"
weekdays = "1-5"
country = "DE"
default_code = "None"
callback_types = ["Standard", "Agent"]
priority = 8

[retry_s]
Busy = 60
NoAnswer = "never"

[[codes]]
name = "Sold"
success = true

[[codes]]
name = "Later"
retry_after_s = 600

[[codes]]
name = "None"

[[address_book]]
name = "Second level"
number = "030 23125123"
"""


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "campaign.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def spec_of(database: Path, name: str) -> CampaignSpec:
    store = open_sqlite(database)
    spec = store.find_campaign(name)
    store.close()
    assert spec is not None
    return spec


@pytest.fixture
def made(shell: Shell, campaign: str, tmp_path: Path) -> str:
    shell("campaign", "create", "--file", write(tmp_path, EVERYTHING))
    return "Everything"


def test_campaign_of_a_file_has_everything_that_the_file_says(
    shell: Shell, made: str, database: Path
) -> None:
    spec = spec_of(database, made)
    assert [d.number for d in spec.address_book] == ["+493023125123"]
    assert [str(kind) for kind in spec.callback_types] == ["Standard", "Agent"]
    assert {str(reason): s for reason, s in spec.retry_s.items()}.get("Busy") == 60
    assert "NoAnswer" not in {str(reason) for reason in spec.retry_s}
    assert (spec.priority, spec.country, spec.default_code_id) == (8, "DE", 3)
    assert spec.calling_hours.weekdays == {1, 2, 3, 4, 5}


def test_campaign_written_as_a_file_makes_the_same_campaign(
    shell: Shell, made: str, database: Path, tmp_path: Path
) -> None:
    written = shell("campaign", "show", made, "--toml")
    assert "# How long a call rings, seconds." in written
    shell("campaign", "create", "Copy", "--file", write(tmp_path, written))
    first, copy = spec_of(database, made), spec_of(database, "Copy")
    assert evolve(copy, campaign_id=first.campaign_id, name=first.name) == first


def test_campaign_shown_without_toml_has_no_comments(shell: Shell, made: str) -> None:
    shown = shell("campaign", "show", made)
    assert 'skill = "English"' in shown
    assert "#" not in shown


def test_option_goes_before_the_file_even_if_it_is_the_default(
    shell: Shell, campaign: str, database: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, EVERYTHING)
    shell("campaign", "create", "Other", "--file", path, "--priority", "5", "--retry", "Congestion=7")
    spec = spec_of(database, "Other")
    retries = {str(reason): s for reason, s in spec.retry_s.items()}
    assert (spec.priority, retries["Busy"], retries["Congestion"]) == (5, 60, 7)


def test_campaign_file_with_mistakes_tells_all_of_them_where_they_are(
    shell: Shell, campaign: str, tmp_path: Path
) -> None:
    wrong = """\
skill = "English"
prioritty = 3
ring_time_s = 4
pacing = "fast"
lists = "People"
calling_hours = "8-20"

[retry_s]
Busy = -1
Bussy = 3

[[codes]]
name = "A"
success = "yes"
"""
    path = write(tmp_path, wrong)
    shell("campaign", "create", "--file", path, code=2)
    said = shell.error.splitlines()
    for line in (
        "prioritty: no such setting; did you mean priority? allowed here:",
        "ring_time_s: found 4; allowed: a whole number from 5 to 120",
        'pacing: found "fast"; allowed: one of "predictive", "progressive", "preview", "preview-untimed"',
        'lists: found "People"; allowed: names of contact lists',
        'calling_hours: found "8-20"; allowed: from-to as in 08:00-21:00',
        "retry_s.Busy: found -1; allowed: a whole number from 0 to 2678400",
        "retry_s.Bussy: no such setting; did you mean Busy?",
        'codes[1].success: found "yes"; allowed: true or false',
        "name: is missing, and has no default",
    ):
        assert any(each.startswith(f"{path}: {line}") for each in said), line
    assert "Everything" not in shell("campaign", "list")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[codes]]\nname = "A"\n[[codes]]\nname = "A"', "codes[2].name: found 'A'; it is taken or missing"),
        ('[[codes]]\nid = 3\nname = "A"\n[[codes]]\nid = 3\nname = "B"', "codes[2].id: found 3; it is taken"),
        ('default_code = "Gone"', "default_code: found 'Gone'; allowed: Sale, Not interested"),
        ('[[address_book]]\nname = "A"\nnumber = "12"', "address_book[1].number: found '12'; it "),
        ('[[address_book]]\nnumber = "+442079460018"', "address_book[1].name: is missing"),
        (
            'callback_types = ["Now"]',
            'callback_types: found ["Now"]; allowed: any of "Standard", "Agent", "Campaign", each once',
        ),
        ('callback_types = ["Agent", "Agent"]', 'callback_types: found ["Agent", "Agent"]; allowed: any of'),
        ('script_url = "a\\u0007"', 'script_url: found "a\\u0007"; allowed: a text'),
        ('weekdays = "1-5,7-6"', 'weekdays: found "1-5,7-6"; allowed: as in 1-5'),
        ('abandon_number = "+44 1"', 'abandon_number: found "+44 1"; allowed: a telephone number'),
        ('[[address_book]]\nname = "A"\nnumber = "+449098790000"', "it costs a premium, which allow_premium"),
        ("name = ", "not valid TOML"),
    ],
)
def test_campaign_file_that_contradicts_itself_is_refused(
    shell: Shell, campaign: str, tmp_path: Path, text: str, said: str
) -> None:
    head = 'name = "X"\nskill = "English"\nlists = ["People"]\n' if "name = \n" not in text + "\n" else ""
    shell("campaign", "create", "--file", write(tmp_path, head + text), code=2)
    assert said in shell.error


def test_campaign_file_that_is_not_there_is_told(shell: Shell, campaign: str) -> None:
    shell("campaign", "create", "--file", "gone.toml", code=2)
    assert shell.error == "gone.toml: cannot be read: No such file or directory\n"


def test_campaign_create_without_what_is_needed_names_the_options(shell: Shell, campaign: str) -> None:
    shell("campaign", "create", "--skill", "English", code=2)
    assert shell.error.splitlines() == [
        "NAME: is missing, and has no default",
        "--list: is missing, and has no default",
    ]


def test_campaign_name_that_is_too_long_is_told_with_what_else_is_wrong(shell: Shell, campaign: str) -> None:
    shell("campaign", "create", "x" * 101, "--list", "People", "--skill", "S", "--priority", "0", code=2)
    assert [line.partition(":")[0] for line in shell.error.splitlines()] == ["--priority", "NAME"]
    assert "allowed: a text of 1 to 100 characters" in shell.error


def test_example_shipped_makes_a_campaign(shell: Shell, campaign: str, database: Path) -> None:
    shell("campaign", "create", "Example", "--file", str(SHIPPED), "--list", "People")
    assert spec_of(database, "Example").name == "Example"


# -- changes ---------------------------------------------------------------------------------


def test_campaign_set_changes_what_is_named_and_raises_the_version(
    shell: Shell, made: str, database: Path
) -> None:
    before = spec_of(database, made)
    said = shell(
        "campaign", "set", made, "priority=9", "retry_s.Busy=5", "calling_hours=10:00-12:00", "country=GB"
    )
    assert said == "campaign Everything: priority, retry_s, calling_hours, country changed\n"
    spec = spec_of(database, made)
    assert (spec.priority, spec.country, spec.version) == (9, "GB", before.version + 1)
    assert spec.calling_hours.start_min == 600
    retries = {str(reason): s for reason, s in spec.retry_s.items()}
    assert (retries["Busy"], retries["Congestion"]) == (5, 120)
    assert "NoAnswer" not in retries  # as the file had said
    assert spec.completion_codes == before.completion_codes
    assert spec.address_book == before.address_book


def test_campaign_set_takes_texts_as_they_are_written_in_a_shell(
    shell: Shell, made: str, database: Path
) -> None:
    tokens = ["abandon_number=+44 20 7946 0018", "country=49", "weekdays=5", 'skill="007"', "script_url="]
    shell("campaign", "set", made, *tokens, "callback_types=[]")
    spec = spec_of(database, made)
    assert (spec.abandon_number, spec.country, spec.skill) == ("+442079460018", "DE", "007")
    assert (spec.calling_hours.weekdays, spec.script_url, spec.callback_types) == ({5}, "", ())


@pytest.mark.parametrize(
    ("change", "said", "code"),
    [
        ("priority=11", "priority: found 11; allowed: a whole number from 1 to 10", 1),
        ("prio=1", "prio: no such setting; did you mean priority?", 1),
        ("priority", "found priority; allowed: KEY=VALUE, such as priority=8", 2),
        ("a b=1", "found a b=1; allowed: KEY=VALUE with a key such as priority or retry_s.Busy", 2),
        ('lists=["Nobody"]', "no contact list 'Nobody'; there are: People", 1),
    ],
)
def test_campaign_set_of_what_is_wrong_changes_nothing(
    shell: Shell, made: str, database: Path, change: str, said: str, code: int
) -> None:
    before = spec_of(database, made)
    shell("campaign", "set", made, "max_attempts=9", change, code=code)
    assert said in shell.error
    assert spec_of(database, made) == before


def test_campaign_set_while_it_runs_refuses_what_its_job_rests_on(shell: Shell, made: str) -> None:
    shell("campaign", "run", made)
    shell("campaign", "set", made, "skill=French", "name=Other", code=1)
    assert "name, skill cannot change while its job runs; agentmgr campaign stop" in shell.error
    for change in ("priority=1", "pacing=progressive", "pacing=preview"):
        assert "its job 1 goes on with that in a moment" in shell("campaign", "set", made, change)


def test_campaign_set_of_codes_leaves_out_none_that_contacts_may_have(
    shell: Shell, made: str, database: Path
) -> None:
    before = spec_of(database, made)
    first, *others = [(code.code_id, code.name) for code in before.completion_codes]
    shell("campaign", "run", made)
    shell("campaign", "stop", made)
    shell("campaign", "set", made, 'codes=[{name = "New"}]', code=1)
    assert "cannot be left out of the codes" in shell.error
    assert spec_of(database, made) == before
    kept = ", ".join(f'{{id = {code_id}, name = "{name}"}}' for code_id, name in others)
    shell("campaign", "set", made, f'codes=[{{id = {first[0]}, name = "New"}}, {kept}]')
    assert spec_of(database, made).completion_codes[0].name == "New"


def test_campaign_code_and_retry_options_go_before_the_file(
    shell: Shell, campaign: str, database: Path, tmp_path: Path
) -> None:
    head = 'name = "X"\nskill = "English"\nlists = ["People"]\ndefault_code = "Gone"\n'
    path = write(tmp_path, head + '[[codes]]\nname = "Gone"\n')
    shell("campaign", "create", "--file", path, "--code", "A", "--code", "B=60", "--retry", "busy=never")
    spec = spec_of(database, "X")
    assert [code.name for code in spec.completion_codes] == ["A", "B"]
    assert spec.default_code_id == spec.completion_codes[-1].code_id
    assert "Busy" not in map(str, spec.retry_s)


def test_campaign_set_of_codes_keeps_the_ids_of_those_that_stay(
    shell: Shell, made: str, database: Path
) -> None:
    shell("campaign", "set", made, 'codes=[{name = "New"}, {name = "Later"}]')
    spec = spec_of(database, made)
    assert [(code.code_id, code.name) for code in spec.completion_codes] == [(1, "New"), (2, "Later")]
    assert spec.default_code_id == 2


def test_campaign_set_renames_a_campaign_unless_the_name_is_taken(shell: Shell, made: str) -> None:
    shell("campaign", "set", made, "name=Spring", code=1)
    assert "there is one already" in shell.error
    shell("campaign", "set", made, "name=Renamed")
    assert "Renamed" in shell("campaign", "list")


# -- mistakes are told as they were made ---------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ("--wrapup-time 9999", "--wrapup-time: found 9999; {} from 0 to 3600, in seconds"),
        ("--callback-expiry 0", "--callback-expiry: found 0; {} from 1 to 44640, in minutes"),
        ("--retry Busy=9999999", '--retry Busy: found 9999999; {} from 0 to 2678400, or "never", in seconds'),
        ("--code Sale --code Later=9999999", "--code Later: found 9999999; {} from 0 to 2678400, in seconds"),
    ],
)
def test_option_out_of_range_is_told_with_its_own_name_and_unit(
    shell: Shell, config: Path, tokens: str, said: str
) -> None:
    shell("campaign", "create", "X", "--list", "L", "--skill", "S", *tokens.split(), code=2)
    assert shell.error == said.format("allowed: a whole number") + "\n"


def test_setting_is_known_by_the_name_of_its_option(shell: Shell, campaign: str) -> None:
    for key in ("wrapup-time", "wrapup_time", "acw_max_time_s"):
        shell("campaign", "set", campaign, f"{key}=77")
    assert "acw_max_time_s = 77" in shell("campaign", "show", campaign)
    shell("campaign", "run", campaign)
    shell("campaign", "set", campaign, 'codes=[{name="Yes"}]', code=1)
    assert "campaign Spring: codes cannot change while its job runs" in shell.error


@pytest.mark.parametrize("kind", ["device", "pipe", "large", "deep"])
def test_campaign_file_that_is_none_is_one_line(
    shell: Shell, config: Path, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "campaign.toml"
    if kind == "device":
        path = Path("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "large":
        path.write_bytes(b"#" * 1_100_000)
    else:
        path.write_text("name = " + "[" * 20_000)
    shell("campaign", "create", "--file", str(path), code=2)
    assert shell.error.startswith(f"{path}: ")
    assert shell.error.count("\n") == 1


# -- strategies ----------------------------------------------------------------------------

STRATEGY = """
[[tasks]]
name = "Home"
number = "PhoneNumber1"

[[tasks]]
name = "Mobile"
number = "PhoneNumber2"

[[steps]]
result = "NoAnswer"
task = "Home"
after_s = 600
then = "Mobile"

[[steps]]
result = "Sold"
action = "crm"
"""


def test_strategy_of_a_file_is_written_as_it_was_and_changed_by_its_name(
    shell: Shell, campaign: str, database: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, f"{EVERYTHING}{STRATEGY}")
    shell("campaign", "create", "--file", path)
    written = shell("campaign", "show", "Everything", "--toml")
    again = write(tmp_path, written.replace('name = "Everything"', 'name = "Again"', 1))
    shell("campaign", "create", "--file", again)
    one, other = spec_of(database, "Everything"), spec_of(database, "Again")
    assert (one.tasks, one.steps) == (other.tasks, other.steps)
    assert [(task.task_id, task.name, task.number) for task in one.tasks] == [
        (1, "Home", "PhoneNumber1"),
        (2, "Mobile", "PhoneNumber2"),
    ]
    shell("campaign", "set", "Everything", 'tasks=[{name="Mobile", number="PhoneNumber2"}]', "steps=[]")
    assert [task.task_id for task in spec_of(database, "Everything").tasks] == [2]


def test_strategy_with_mistakes_is_refused_with_all_of_them(
    shell: Shell, campaign: str, tmp_path: Path
) -> None:
    steps = '[[steps]]\nresult = "Bussy"\n[[steps]]\nresult = "Busy"\nthen = "Fin"\n'
    path = write(tmp_path, f"{EVERYTHING}{steps}")
    shell("campaign", "create", "--file", path, code=2)
    first, second = shell.error.splitlines()
    assert first.startswith(f"{path}: steps[1].result: found 'Bussy'; allowed: Busy, NoAnswer")
    assert second == f"{path}: steps[2].then: found 'Fin'; allowed: Call, or 'end'"
