import io
import json
import operator
import sys
from pathlib import Path

import attrs
import pytest
from attrs import evolve
from clishell import Shell

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.effects import EndAttempt, StartAttempt
from agentmgr.store.opening import open_sqlite
from protocol.enums import ContactType

# -- the database ---------------------------------------------------------------------------


def test_init_makes_a_database_once(shell: Shell, config: Path) -> None:
    assert shell("init").endswith("agentmgr.sqlite: made\n")
    assert shell("init").endswith("agentmgr.sqlite: is there already, and in order\n")


@pytest.mark.parametrize("command", [["serve"], ["campaign", "list"], ["agents", "list"]])
def test_command_without_a_database_says_so_in_one_line(
    shell: Shell, config: Path, command: list[str]
) -> None:
    shell(*command, code=1)
    assert "agentmgr.sqlite: there is no database here" in shell.error
    assert shell.error.count("\n") == 1


@pytest.mark.parametrize("command", [["serve"], ["init"], ["dnc", "list"]])
def test_command_on_a_foreign_file_says_so_in_one_line(
    shell: Shell, config: Path, command: list[str]
) -> None:
    path = config.parent / "agentmgr.sqlite"
    path.write_text("this is a text")
    shell(*command, code=1)
    assert "agentmgr.sqlite: this is not an SQLite file" in shell.error
    assert shell.error.count("\n") == 1
    assert path.read_text() == "this is a text"


# -- the configuration ----------------------------------------------------------------------


def test_check_config_of_the_shipped_file_is_in_order(shell: Shell) -> None:
    shipped = Path(__file__).parents[2] / "config" / "agentmgr.toml"
    assert shell("check-config", str(shipped)) == f"{shipped}: in order\n"


def test_check_config_of_a_wrong_file_names_every_mistake_and_exits_2(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[http]\nport = 'x'\n[log]\nlevel = 'loud'\n")
    shell("check-config", str(path), code=2)
    assert shell.error.splitlines() == [
        f'{path}: http.port: found "x"; allowed: a whole number from 0 to 65535',
        f'{path}: log.level: found "loud"; allowed: one of "debug", "info", "warning", "error"',
    ]


def test_command_with_a_wrong_configuration_exits_2(shell: Shell, tmp_path: Path) -> None:
    shell("campaign", "list", "--config", str(tmp_path / "none.toml"), code=2)
    assert "none.toml: cannot be read: No such file or directory" in shell.error


def test_command_without_a_configuration_uses_the_defaults(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTMGR_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert shell("init") == "var/agentmgr.sqlite: made\n"


# -- usage ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["nonsense"], "nonsense"),
        (["campaign", "rnu", "x"], 'Did you mean "run"?'),
        (["campaign", "run"], "NAME"),
        (["campaign", "create", "x", "--list", "l"], "--skill"),
        (["campaign", "create", "x", "--list", "l", "--skill", "s", "--pacing", "wild"], "progressive"),
        (
            ["campaign", "run", "x", "--zone", "Nowhere"],
            "--zone: found Nowhere; the configuration has: Default",
        ),
        (["contacts", "import", "f.csv", "--list", "l", "--map", "Phone"], "--map: found Phone; allowed: "),
        (["agents", "add", "ada", "--count", "2"], "AGENT-ID: found ada; allowed with --count: digits"),
        (["agents", "add", "1", "--skill", "S=17"], "--skill S: found the level 17; allowed: "),
        (["campaign", "create", "x", "--list", "l", "--skill", "s", "--code", "A=b"], "--code: found b; "),
        (["desk", "--count", "0"], "--count"),
        (["desk", "--count", "2", "--first-agent", "ada"], "--first-agent: found ada; "),
        (["dispositions", "export", "--campaign", "x", "--format", "xml"], "csv"),
        (["demo", "--speed", "-1"], "--speed"),
        (["dnc", "add"], "NUMBER"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_allowed(
    shell: Shell, config: Path, tokens: list[str], said: str
) -> None:
    assert shell(*tokens, code=2) == ""
    assert said in shell.error
    assert "Traceback" not in shell.error


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["init"],
        ["check-config"],
        ["contacts", "import"],
        ["contacts", "show"],
        ["campaign", "create"],
        ["campaign", "run"],
        ["campaign", "status"],
        ["campaign", "export"],
        ["campaign", "delete"],
        ["agents", "add"],
        ["agents", "passwd"],
        ["agents", "set"],
        ["dispositions", "export"],
        ["dnc", "add"],
        ["dnc", "import"],
        ["attributes", "define"],
        ["attributes", "list"],
        ["attributes", "values"],
        ["dnc", "list"],
        ["desk"],
        ["demo"],
    ],
)
def test_help_has_an_example(shell: Shell, command: list[str]) -> None:
    assert f" agentmgr {' '.join(command)}".rstrip() in shell(*command, "--help")


# -- contacts -------------------------------------------------------------------------------


def test_contacts_import_takes_good_rows_and_reports_bad_ones(
    shell: Shell, database: Path, contacts: Path
) -> None:
    output = shell("contacts", "import", str(contacts), "--list", "People")
    rejects = Path("people.rejects.csv")
    assert output.splitlines() == [
        "2 contacts new, 0 updated, 1 rows rejected",
        f"rejected rows, each with the reason: {rejects}",
    ]
    assert "nonsense" in rejects.read_text()
    assert shell("contacts", "lists", "--json") == '{"list":"People","contacts":2}\n'


def test_contacts_import_with_map_and_country_takes_foreign_columns(
    shell: Shell, database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "crm.csv"
    path.write_text("Key;Tel\n1;(415) 555-0123\n")
    tokens = ["--map", "Key=UserContactId", "--map", "Tel=PhoneNumber1", "--country", "us"]
    assert shell("contacts", "import", str(path), "--list", "L", *tokens).startswith("1 contacts new")


def test_contacts_import_takes_premium_numbers_if_it_is_told_to(
    shell: Shell, database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "dear.csv"
    path.write_text("UserContactId,PhoneNumber1\n1,+449098790000\n")
    assert shell("contacts", "import", str(path), "--list", "L", code=1).startswith("0 contacts new")
    assert shell.error == "nothing was imported: no row could be used\n"
    output = shell("contacts", "import", str(path), "--list", "L", "--allow-premium")
    assert output.startswith("1 contacts new")


def test_contacts_import_of_a_missing_file_fails(shell: Shell, database: Path, tmp_path: Path) -> None:
    shell("contacts", "import", str(tmp_path / "none.csv"), "--list", "L", code=1)
    assert "none.csv" in shell.error
    assert shell.error.count("\n") == 1


def test_attributes_are_defined_changed_and_listed(shell: Shell, database: Path) -> None:
    tokens = ["Balance", "--data-type", "float", "--type", "READ_ONLY", "--display-name", "Balance due"]
    assert shell("attributes", "define", *tokens) == "attribute Balance: is defined\n"
    assert json.loads(shell("attributes", "list", "--json").splitlines()[-1]) == {
        "attribute": "Balance",
        "type": "READ_ONLY",
        "data_type": "float",
        "display_name": "Balance due",
    }
    assert shell("attributes", "define", "Balance", "--type", "WRITE").startswith(
        "attribute Balance: is changed;"
    )
    assert "Balance due" in shell("attributes", "list")
    shell("attributes", "define", "Balance", "--type", "nix", code=1)
    assert shell.error.startswith("attribute Balance: the type is 'nix'; allowed: READ_ONLY, WRITE")
    shell("attributes", "define", code=2)
    assert "NAME" in shell.error


def test_numbers_of_campaigns_and_agents_are_defined_changed_and_listed(shell: Shell, database: Path) -> None:
    numbers = ("--scope", "campaign")
    assert "define --scope campaign makes one" in shell("attributes", "list", *numbers)
    defined = shell("attributes", "define", "Sum", *numbers, "--initial", "2.5")
    assert defined == "attribute Sum of campaigns: is defined\n"
    defined = shell("attributes", "define", "Sum", *numbers, "--display-name", "All")
    assert defined == "attribute Sum of campaigns: is changed; what jobs have of it already stays\n"
    assert json.loads(shell("attributes", "list", *numbers, "--json")) == {
        "attribute": "Sum",
        "initial": 2.5,
        "display_name": "All",
    }
    shell("attributes", "values", "7", code=1)
    assert shell.error == "no job 7; agentmgr campaign jobs has all\n"
    shell("attributes", "define", "Sum", *numbers, "--data-type", "float", code=2)
    assert "what a campaign has is a number" in shell.error
    shell("attributes", "define", "Sum", "--initial", "1", code=2)
    assert "--initial is for --scope campaign and agent" in shell.error


# -- campaigns ------------------------------------------------------------------------------


def test_campaign_life_on_the_store_alone(shell: Shell, campaign: str) -> None:
    assert "job 1 with 2 contacts in zone Default; it starts when a server" in shell(
        "campaign", "run", campaign
    )
    assert shell("campaign", "pause", campaign) == "campaign Spring: paused at 0 of 2 contacts\n"
    shell("campaign", "pause", campaign, code=1)
    assert "cannot become paused" in shell.error
    assert shell("campaign", "resume", campaign) == "campaign Spring: goes on at 0 of 2 contacts\n"
    assert shell("campaign", "stop", campaign) == "campaign Spring: is stopped, at 0 of 2 contacts\n"
    (listed,) = [json.loads(line) for line in shell("campaign", "list", "--json").splitlines()]
    assert (listed["campaign"], listed["pacing"], listed["state"]) == ("Spring", "Predictive", "stopped")


def test_campaign_status_shows_the_job(shell: Shell, campaign: str) -> None:
    assert "was never run" in shell("campaign", "status", campaign)
    shell("campaign", "run", campaign)
    status = json.loads(shell("campaign", "status", campaign, "--json"))
    assert (status["contacts"], status["done"], status["state"]) == (2, 0, "running")
    shown = [line.split() for line in shell("campaign", "status", campaign).splitlines()]
    assert ["contacts", "2"] in shown


def test_campaign_that_is_not_there_is_named_with_those_that_are(shell: Shell, campaign: str) -> None:
    shell("campaign", "run", "Autumn", code=1)
    assert shell.error == "no campaign 'Autumn'; there are: Spring\n"


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["--calling-hours", "8-20"], '--calling-hours: found "8-20"; allowed: from-to as in 08:00-21:00'),
        (["--calling-hours", "08:00-25:00"], '--calling-hours: found "08:00-25:00"'),
        (["--weekdays", "Mon"], '--weekdays: found "Mon"; allowed: as in 1-5 or 1,2,6'),
        (["--weekdays", "1-99999999999"], '--weekdays: found "1-99999999999"; allowed: as in 1-5'),
        (
            ["--retry", "Busy=60", "--retry", "Tired=60"],
            "--retry Tired: no such setting; allowed here: Busy, NoAnswer",
        ),
        (["--abandon-limit", "3"], "--abandon-limit: found 3.0; allowed: a number from 0 to 1"),
    ],
)
def test_campaign_create_with_a_wrong_setting_says_what_is_allowed(
    shell: Shell, campaign: str, tokens: list[str], said: str
) -> None:
    shell("campaign", "create", "Other", "--list", "People", "--skill", "S", *tokens, code=2)
    assert said in shell.error


def test_campaign_create_on_a_list_that_is_not_there_names_those_that_are(
    shell: Shell, campaign: str
) -> None:
    shell("campaign", "create", "Other", "--list", "Nobody", "--skill", "S", code=1)
    assert "no contact list 'Nobody'; there are: People" in shell.error


OTHER_SETTINGS = {
    "filter": lambda _: "Language is empty",
    "finish_when": lambda _: "Sold >= 100",
    "abandon_number": lambda was: "+442079460018",
    "min_calls_per_agent": lambda was: was + 1,
    "country": lambda was: "GB",
    str: lambda was: "x",
    int: lambda was: was + 1,
    float: lambda was: was / 2,
    bool: operator.not_,
}


def test_campaign_create_has_an_option_for_every_setting(shell: Shell, campaign: str, database: Path) -> None:
    wanted = {
        each.name: OTHER_SETTINGS.get(each.name, OTHER_SETTINGS[each.type])(each.default)
        for each in attrs.fields(CampaignSettings)
    }
    tokens = []
    for name, value in wanted.items():
        option = CampaignSettings.option(name)
        flags = {True: [f"--{option}"], False: [f"--no-{option}"]}
        tokens += flags[value] if isinstance(value, bool) else [f"--{option}", str(value)]
    shell("org", "add", str(wanted["organisation"]))
    shell("attributes", "define", "Sold", "--scope", "campaign")
    shell("campaign", "create", "Other", "--list", "People", "--skill", "S", *tokens)
    store = open_sqlite(database)
    spec = store.find_campaign("Other")
    store.close()
    assert spec is not None
    assert {name: getattr(spec, name) for name in wanted} == wanted


def test_campaign_create_helps_with_what_a_setting_may_be(shell: Shell) -> None:
    shown = " ".join(shell("campaign", "create", "--help").replace("│", " ").split())
    assert "--ring-time INT How long a call rings, seconds; a whole number from 5 to 120." in shown


def test_campaign_create_with_everything_is_stored(shell: Shell, campaign: str, database: Path) -> None:
    tokens = ["--pacing", "preview-untimed", "--calling-hours", "09:00-17:30", "--weekdays", "1-4,6"]
    tokens += ["--code", "Sold=success", "--code", "Later=600", "--code", "None", "--retry", "busy=60"]
    shell("campaign", "create", "Other", "--list", "People", "--skill", "S", *tokens)
    store = open_sqlite(database)
    spec = store.find_campaign("Other")
    store.close()
    assert spec is not None
    assert spec.pacing.value == "PreviewUntimed"
    assert (spec.calling_hours.start_min, spec.calling_hours.end_min) == (540, 1050)
    assert spec.calling_hours.weekdays == {1, 2, 3, 4, 6}
    assert [(c.name, c.success, c.retry_after_s) for c in spec.completion_codes] == [
        ("Sold", True, None),
        ("Later", False, 600),
        ("None", False, None),
    ]
    assert spec.default_code_id == spec.completion_codes[-1].code_id
    assert {reason.value: s for reason, s in spec.retry_s.items()}["Busy"] == 60


def test_dispositions_export_of_nothing_is_a_header(shell: Shell, campaign: str) -> None:
    assert shell("dispositions", "export", "--campaign", campaign).startswith("attempt_id,job_id,")
    assert shell("dispositions", "export", "--campaign", campaign, "--format", "json") == ""
    shell("dispositions", "export", "--campaign", "Autumn", code=1)


def test_campaign_export_of_nothing_is_a_header(shell: Shell, campaign: str) -> None:
    assert shell("campaign", "export", campaign) == shell("dispositions", "export", "--campaign", campaign)
    assert shell("campaign", "export", campaign, "--attempts") == (
        "job_id,attempt_id,session_id,contact_list,user_contact_id,number_name,number,dialed_at,answered_at,"
        "ended_at,outcome,agent_id,contact_type,code\n"
    )
    assert shell("campaign", "export", campaign, "--attempts", "--format", "json") == ""
    shell("campaign", "export", "Autumn", "--attempts", code=1)
    assert shell.error == "no campaign 'Autumn'; there are: Spring\n"


def test_campaign_export_has_every_dial(shell: Shell, campaign: str, database: Path) -> None:
    shell("campaign", "run", campaign)
    store = open_sqlite(database)
    token = store.open_zone("Default", 0.0).token
    record = StartAttempt("a1", 1, 1, ContactType.Predictive, "+442079460958", 60.0, dialed_at=60.0)
    ended = EndAttempt("a1", "NoAnswer", 90.5, "=1001")
    store.commit(token, [evolve(record, number_name="PhoneNumber1", session_id="a1"), ended])
    store.close()
    shown = (
        "1,a1,a1,People,A1,PhoneNumber1,+442079460958,1970-01-01T00:01:00+00:00,,1970-01-01T00:01:30+00:00,"
    )
    assert shell("campaign", "export", campaign, "--attempts").splitlines()[1:] == [
        f"{shown}NoAnswer,'=1001,Predictive,"
    ]
    raw = shell("campaign", "export", campaign, "--attempts", "--raw").splitlines()[1:]
    assert raw == [f"{shown}NoAnswer,=1001,Predictive,"]
    row = json.loads(shell("campaign", "export", campaign, "--attempts", "--format", "json"))
    assert (row["number"], row["agent_id"], row["answered_at"]) == ("+442079460958", "=1001", None)
    assert json.loads(shell("campaign", "status", campaign, "--json"))["dials"] == 1


def test_campaign_delete_takes_one_away_that_called_nobody(shell: Shell, campaign: str) -> None:
    shell("campaign", "run", campaign)
    shell("campaign", "delete", campaign, code=1)
    assert shell.error.startswith("campaign Spring: its job 1 is running; agentmgr campaign stop Spring ends")
    shell("campaign", "stop", campaign)
    assert shell("campaign", "delete", campaign) == "campaign Spring: is deleted\n"
    shell("campaign", "delete", campaign, code=1)
    assert shell.error == "no campaign 'Spring'; there are: none yet\n"
    assert shell("contacts", "lists", "--json") == '{"list":"People","contacts":2}\n'


# -- agents and DNC -------------------------------------------------------------------------


def test_agents_are_added_listed_and_given_passwords(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    tokens = ["--count", "2", "--skill", "English", "--skill", "Sales=3", "--password-stdin"]
    assert shell("agents", "add", "0998", *tokens) == "2 agents added\n"
    listed = [json.loads(line) for line in shell("agents", "list", "--json").splitlines()]
    assert [each["agent"] for each in listed] == ["0998", "0999"]
    assert listed[0]["skills"] == "English=1, Sales=3"
    monkeypatch.setattr(sys, "stdin", io.StringIO("other\n"))
    assert shell("agents", "passwd", "0998", "--password-stdin") == "agent 0998: has a new password\n"
    assert b"secret" not in database.read_bytes()


def test_accounts_are_added_set_listed_and_deleted(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("account", "list") == "no accounts yet; agentmgr account add makes one\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    assert shell("account", "add", "blender", "--password-stdin") == "account blender added, as a service\n"
    changed = "account blender changed; who is signed in with it stays so until it disconnects\n"
    assert shell("account", "set", "blender", "--no-enabled") == changed
    listed = [json.loads(line) for line in shell("account", "list", "--json").splitlines()]
    assert listed == [{"account": "blender", "role": "service", "enabled": False}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("other\n"))
    assert shell("account", "set", "blender", "--enabled", "--password-stdin") == changed
    assert "service  yes" in shell("account", "list")
    gone = "account blender deleted; who is signed in with it stays so until it disconnects\n"
    assert shell("account", "delete", "blender") == gone
    assert b"secret" not in database.read_bytes()


@pytest.mark.parametrize(
    ("tokens", "code", "said"),
    [
        (("set", "blender"), 2, "account set: found nothing to change"),
        (("set", "nobody", "--enabled"), 1, "no account 'nobody'; see agentmgr account list"),
        (("delete", "nobody"), 1, "no account 'nobody'; see agentmgr account list"),
        (("add", "blender", "--role", "pilot", "--password-stdin"), 2, "service"),
    ],
)
def test_account_of_no_use_is_refused(
    shell: Shell,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    tokens: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    shell("account", *tokens, code=code)
    assert said in shell.error


def test_agents_set_changes_what_is_given(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    shell("agents", "add", "1001", "--count", "2", "--skill", "English", "--password-stdin")
    said = shell("agents", "set", "1001", "1002", "1001", "--add-skill", "French=2", "--no-enabled")
    assert said == "2 agents changed; whoever is logged on goes on as before until the next logon\n"
    listed = [json.loads(line) for line in shell("agents", "list", "--json").splitlines()]
    assert [(each["skills"], each["enabled"]) for each in listed] == [("English=1, French=2", False)] * 2
    shell("agents", "set", "1001", "--skill", "Dutch=5", "--enabled", "--name", "Ada")
    first, second = (json.loads(line) for line in shell("agents", "list", "--json").splitlines())
    assert (first["name"], first["skills"], first["enabled"]) == ("Ada", "Dutch=5", True)
    assert (second["name"], second["enabled"]) == ("1002", False)


@pytest.mark.parametrize(
    ("tokens", "code", "said"),
    [
        (["7", "--name", "x"], 1, "no agent '7'; nothing was changed; see agentmgr agents list"),
        (["1001", "7", "8", "--name", "x"], 1, "no agent '7', '8'; nothing was changed"),
        (
            ["1001", "--remove-skill", "French"],
            1,
            "agent 1001: has no skill 'French' to take away; has: English",
        ),
        (["1001", "--name", "a\tb"], 1, "agent 1001: name has U+0009, a control character"),
        (["1001", "--zone", "Mars"], 2, "--zone: found Mars; the configuration has: Default"),
        (
            ["1001", "--skill", "A=99"],
            2,
            "--skill A: found the level 99; allowed: a whole number from 1 to 16",
        ),
        (["1001", "--add-skill", "A=x"], 2, "--add-skill A: found the level x"),
        (
            ["1001", "--skill", "A", "--add-skill", "B"],
            2,
            "--skill: found with --add-skill or --remove-skill",
        ),
        (["1001"], 2, "agents set: found nothing to change; allowed: --name, --skill"),
        ([], 2, "AGENT_ID"),
    ],
)
def test_agents_set_wrongly_changes_nothing_and_says_why(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch, tokens: list[str], code: int, said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    shell("agents", "add", "1001", "--skill", "English", "--password-stdin")
    before = shell("agents", "list", "--json")
    shell("agents", "set", *tokens, code=code)
    assert said in shell.error
    assert shell("agents", "list", "--json") == before


def test_agents_add_asks_twice_on_a_terminal(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    answers = iter(["secret", "sceret"])
    monkeypatch.setattr("agentmgr.cli.agents.getpass", lambda prompt: next(answers))
    shell("agents", "add", "1001", code=1)
    assert shell.error == "the two passwords differ; nothing was changed\n"
    assert shell("agents", "list") == "no agents yet; agentmgr agents add makes one\n"


def test_agents_add_without_a_terminal_wants_password_stdin(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    shell("agents", "add", "1001", code=2)
    assert "--password-stdin" in shell.error


def test_dnc_entries_are_added_listed_and_removed(shell: Shell, database: Path) -> None:
    assert shell("dnc", "add", "(415) 555-0123", "+442079460958", "--country", "us").startswith("2 added")
    assert shell("dnc", "add", "+14155550123") == "0 added, 1 were on the list already\n"
    assert "+14155550123" in shell("dnc", "list")
    assert shell("dnc", "remove", "+14155550123") == "1 removed, 0 were not on the list\n"
    assert "+14155550123" not in shell("dnc", "list")
    shell("dnc", "add", "hello", code=1)
    assert "'hello' is not a telephone number" in shell.error


def test_dnc_import_adds_and_tells_what_it_rejected(shell: Shell, database: Path, tmp_path: Path) -> None:
    path = tmp_path / "optout.csv"
    path.write_bytes("Name;Tel\nMüller;(415) 555-0123\nNone;\nAnn;ann@example.com\n".encode("cp1252"))
    tokens = ["dnc", "import", str(path), "--column", "Tel", "--country", "us"]
    shell(*tokens, code=1)
    assert f"{path}:2: not text in UTF-8; save the file as UTF-8, or name its encoding" in shell.error
    output = shell(*tokens, "--encoding", "cp1252").splitlines()
    assert output == [
        "2 added, 0 were on the list already, 1 rows rejected",
        "rejected rows, each with the reason: optout.rejects.csv",
    ]
    assert shell(*tokens, "--encoding", "cp1252").startswith("0 added, 2 were on the list already, 1 rows")
    shell(*tokens, "--encoding", "klingon", code=1)
    assert "encoding 'klingon': there is none of that name; allowed are such as" in shell.error


def test_dnc_list_as_csv_is_taken_by_dnc_import(shell: Shell, database: Path, tmp_path: Path) -> None:
    path = tmp_path / "dnc.csv"
    path.write_text("+14155550123\n-ann@example.com\n")
    shell("dnc", "import", str(path))
    listed = shell("dnc", "list", "--csv")
    assert [line.split(",")[0] for line in listed.splitlines()] == [
        "address",
        "+14155550123",
        "'-ann@example.com",
    ]
    assert "\n-ann@example.com," in shell("dnc", "list", "--csv", "--raw")
    shell("dnc", "remove", "--", "+14155550123", "-ann@example.com")
    path.write_text(listed)
    assert shell("dnc", "import", str(path)).startswith(
        "2 added, 0 were on the list already, 0 rows rejected"
    )
    shell("dnc", "list", "--csv", "--json", code=2)
    assert "--json and --csv: found both" in shell.error
    shell("dnc", "list", "--raw", code=2)
    assert "--raw: is about cells of CSV" in shell.error


def test_contacts_import_with_an_encoding_reads_the_file_in_it(
    shell: Shell, database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "alt.csv"
    path.write_bytes("UserContactId,LastName,PhoneNumber1\n1,Müller,+14155550123\n".encode("cp1252"))
    shell("contacts", "import", str(path), "--list", "L", code=1)
    assert "alt.csv:2: not text in UTF-8" in shell.error
    tokens = ["contacts", "import", str(path), "--list", "L", "--encoding"]
    shell(*tokens, "ascii", code=1)
    assert "alt.csv:2: not text in ascii" in shell.error
    assert shell(*tokens, "windows-1252").startswith("1 contacts new")


def test_contacts_import_says_which_campaigns_call_them(
    shell: Shell, database: Path, tmp_path: Path, campaign: str
) -> None:
    def more(number: int) -> list[str]:
        path = tmp_path / "more.csv"
        path.write_text(f"UserContactId,PhoneNumber1\nB{number},+1415555{number:04}\n")
        return shell("contacts", "import", str(path), "--list", "People").splitlines()[1:]

    assert more(1) == []
    shell("campaign", "run", campaign)
    assert more(2) == [f"campaign {campaign}: its job, which is running, has 1 contacts more"]
    assert more(2) == []
    shell("campaign", "stop", campaign)
    assert more(3) == [
        f"campaign {campaign}: its job is stopped; agentmgr campaign run {campaign} calls the new contacts"
    ]


def test_password_stdin_asks_on_a_terminal_instead_of_waiting_silently(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "secret")
    shell("agents", "add", "1001", "--skill", "English", "--password-stdin")
    assert asked == ["Password for agent 1001: "]


@pytest.mark.parametrize("given", [None, io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), "utf-8")])
def test_password_stdin_without_text_is_one_line(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch, given: io.TextIOWrapper | None
) -> None:
    monkeypatch.setattr("sys.stdin", given)
    shell("agents", "add", "1001", "--skill", "English", "--password-stdin", code=2)
    assert shell.error.startswith("--password-stdin: ")
    assert shell.error.count("\n") == 1
