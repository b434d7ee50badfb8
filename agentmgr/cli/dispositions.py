"""agentmgr dispositions: export."""

from agentmgr.cli.common import Config, group, perform
from agentmgr.cli.export import Format, Raw, write

app = group("dispositions", "Dispositions, the results of contacts: export.")


@app.command
def export(*, campaign: str, format: Format = "csv", raw: Raw = False, config: Config = None) -> None:
    """Write the dispositions of a campaign to standard output, in the order they were saved.

    ```
    agentmgr dispositions export --campaign Spring --format csv > spring.csv
    agentmgr dispositions export --campaign Spring --format json | jq .code
    ```

    Parameters
    ----------
    campaign
        Name of the campaign.
    format
        csv with a header row, or json: one object a line.
    """
    from agentmgr.admin.requests import ExportDispositions
    from agentmgr.admin.rows import DISPOSITION_COLUMNS

    write(perform(config, ExportDispositions(campaign)), DISPOSITION_COLUMNS, format, raw)
