"""agentmgr dispositions: export."""

import csv
import sys
from collections.abc import Iterable
from typing import Literal

from agentmgr.cli.common import Config, Row, group, perform

app = group("dispositions", "Dispositions, the results of contacts: export.")


@app.command
def export(*, campaign: str, format: Literal["csv", "json"] = "csv", config: Config = None) -> None:
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

    rows = perform(config, ExportDispositions(campaign))
    if format == "csv":
        _write_csv(rows)
    else:
        _write_json(rows)


def _write_csv(rows: Iterable[Row]) -> None:
    from agentmgr.admin.operations import DISPOSITION_COLUMNS

    writer = csv.DictWriter(sys.stdout, DISPOSITION_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_json(rows: Iterable[Row]) -> None:
    import orjson

    for row in rows:
        sys.stdout.write(orjson.dumps(dict(row)).decode() + "\n")
