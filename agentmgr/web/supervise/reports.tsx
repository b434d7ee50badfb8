// What people ask for on the next morning: added up, for the screen, as a file and on paper.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SpanChoice, spanOf, type Span } from "./choices";
import { attempt } from "./notices";
import { ask, Refused, saveCsv, type Asked, type Row } from "./server";
import { Sheet, type SheetColumn } from "./sheet";
import { t, type Key } from "./texts";

const KINDS = ["campaign", "day", "hour", "agent", "list", "code"] as const;
type Kind = (typeof KINDS)[number];

const REPORT: [string, SheetColumn["kind"]][] = [
  ["attempts", "number"],
  ["dials", "number"],
  ["answers", "number"],
  ["live_answers", "number"],
  ["abandoned", "number"],
  ["abandon_rate", "percent"],
  ["handled", "number"],
  ["successes", "number"],
  ["success_rate", "percent"],
  ["mean_handle_s", "seconds"],
  ["callbacks", "number"],
];

const COMPLIANCE: [string, SheetColumn["kind"]][] = [
  ["campaign", "text"],
  ["day", "text"],
  ["dials", "number"],
  ["live_answers", "number"],
  ["abandoned", "number"],
  ["abandon_rate", "percent"],
  ["abandon_rate_30_days", "percent"],
  ["abandon_limit", "percent"],
  ["within_limit", "verdict"],
  ["refused_on_dnc", "number"],
  ["refused_outside_hours", "number"],
  ["again_within_72_h", "number"],
];

const columnsOf = (of: [string, SheetColumn["kind"]][]): SheetColumn[] =>
  of.map(([name, kind]) => ({ name, kind, title: t(`report.${name}` as Key) }));

export function Reports() {
  const [by, setBy] = useState<Kind>("campaign");
  const [span, setSpan] = useState(spanOf(1));
  const columns = [{ name: "key", kind: "text" as const, title: t(`by.${by}`) }, ...columnsOf(REPORT)];
  return (
    <Report
      title={t("view.reports")}
      asked={["ShowReport", { ...span, by }]}
      columns={columns}
      span={span}
      total={totalOf}
      drawn="handled"
    >
      <label>
        {t("by")}
        <select value={by} onChange={(event) => setBy(event.currentTarget.value as Kind)}>
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {t(`by.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <SpanChoice span={span} choose={setSpan} />
    </Report>
  );
}

export function Compliance() {
  const [span, setSpan] = useState(spanOf(30));
  return (
    <Report
      title={t("view.compliance")}
      asked={["ReportCompliance", span]}
      columns={columnsOf(COMPLIANCE)}
      span={span}
      sortedBy="day"
    >
      <SpanChoice span={span} choose={setSpan} />
    </Report>
  );
}

/** Return what the rows of a report come to; of the codes that contacts ended with, some have one contact twice. */
function totalOf(rows: Row[]): Row {
  const sum = (name: string) => rows.reduce((all, row) => all + Number(row[name]), 0);
  const total: Row = Object.fromEntries(REPORT.map(([name]) => [name, sum(name)]));
  const share = (some: string, of: string) => sum(some) / Math.max(1, sum(of));
  return {
    ...total,
    abandon_rate: share("abandoned", "live_answers"),
    success_rate: share("successes", "handled"),
    mean_handle_s: share("handle_s", "handled"),
  };
}

interface Props {
  title: string;
  asked: Asked;
  columns: SheetColumn[];
  span: Span;
  total?: (rows: Row[]) => Row;
  sortedBy?: string;
  drawn?: string;
  children: ComponentChildren;
}

function Report({ title, asked, columns, span, total, children, ...sheet }: Props) {
  const [rows, setRows] = useState<Row[]>();
  const [trouble, setTrouble] = useState("");
  const wanted = JSON.stringify(asked);
  useEffect(() => {
    let isOver = false;
    setRows(undefined);
    setTrouble("");
    ask(...asked).then(
      (found) => isOver || setRows(found),
      (error) => {
        if (!(error instanceof Refused)) throw error;
        if (!isOver) setTrouble(error.message || t("server.gone"));
      },
    );
    return () => void (isOver = true);
  }, [wanted]);
  const days = span.first === span.last ? span.first : `${span.first} – ${span.last}`;
  const caption = t("report.caption", { title, what: span.campaigns[0] ?? t("campaigns.all"), days, timezone: span.timezone });
  const file = `${title} ${span.first} ${span.last}.csv`;
  return (
    <section class="card report" aria-busy={!rows && !trouble}>
      <h1>{title}</h1>
      <div class="row asked">{children}</div>
      <div class="row asked">
        <button onClick={() => void attempt(saveCsv(file, ...asked))}>{t("report.csv")}</button>
        <button onClick={() => window.print()}>{t("report.print")}</button>
      </div>
      <p class="soft caption">{caption}</p>
      {trouble && (
        <p class="banner warning" role="alert">
          {trouble}
        </p>
      )}
      {!rows && !trouble && <p class="soft">{t("coming")}</p>}
      {rows && (
        <Sheet
          key={wanted}
          label={caption}
          columns={columns}
          rows={rows}
          {...sheet}
          {...(total && { total: total(rows) })}
        />
      )}
    </section>
  );
}
