"""agentmgr phone-rules: add, list, remove."""

from agentmgr.cli.common import Config, Json, group, perform, say, show

app = group("phone-rules", "Patterns for telephone numbers: add, list, remove.")


@app.command
def add(kind: str, pattern: str, /, *, country: str = "", config: Config = None) -> None:
    """Add a pattern of numbers that are refused, or that the numbers of a country must have.

    Whoever stores contacts by a web service says whether they are checked. With a country a pattern has to
    fit all digits after the country code, else all digits from the country code on. A country that has format
    patterns of its own is not under those of all countries.

    ```
    agentmgr phone-rules add reject "900.*" --country US
    agentmgr phone-rules add format "[2-9][0-9]{9}" --country US
    ```

    Parameters
    ----------
    kind
        reject: a number that fits is refused; format: a number that fits none of them is.
    pattern
        A regular expression as RE2 knows them.
    country
        Two letters or a calling code: whose numbers it is about; those of all countries without it.
    """
    from agentmgr.admin.requests import AddPhoneRule

    for row in perform(config, AddPhoneRule(kind, pattern, country.upper())):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all patterns.

    agentmgr phone-rules list
    """
    from agentmgr.admin.requests import ListPhoneRules

    show(perform(config, ListPhoneRules()), json, "no rules yet; agentmgr phone-rules add makes one")


@app.command
def remove(rule: int, /, *, config: Config = None) -> None:
    """Take a pattern away.

    agentmgr phone-rules remove 3

    Parameters
    ----------
    rule
        Its number, as list shows it.
    """
    from agentmgr.admin.requests import RemovePhoneRule

    for row in perform(config, RemovePhoneRule(rule)):
        say(str(row["done"]))
