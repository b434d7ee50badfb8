// A table of figures that is read, sorted and printed; one column is drawn as bars too.

import { useMemo, useState } from "preact/hooks";
import { lasting, number, percent, timeOfDay } from "../common/numbers";
import type { Row } from "./server";
import { t } from "./texts";

/** So many rows are drawn at first; a button draws more, a file has all. */
const ROWS_AT_ONCE = 500;

const WRITTEN = {
  text: (value: unknown) => <bdi>{String(value ?? "")}</bdi>,
  number: (value: unknown) => number(Number(value)),
  percent: (value: unknown) => percent(Number(value)),
  seconds: (value: unknown) => lasting(Number(value)),
  time: (value: unknown) => timeOfDay(Number(value)),
  verdict: (value: unknown) => (value === "yes" ? t("yes") : <strong class="refused">{t("no")}</strong>),
};

export interface SheetColumn {
  name: string;
  title: string;
  kind: keyof typeof WRITTEN;
}

interface Props {
  label: string;
  columns: SheetColumn[];
  rows: Row[];
  /** what all rows come to, by column */
  total?: Row;
  /** by which it is sorted at first, the greatest first; without it as the rows come */
  sortedBy?: string;
  /** which column is drawn as bars while it is sorted by none that can be */
  drawn?: string;
}

const FIGURES: SheetColumn["kind"][] = ["number", "percent", "seconds"];
const isFigure = ({ kind }: SheetColumn): boolean => FIGURES.includes(kind);

export function Sheet({ label, columns, rows, total, sortedBy = "", drawn }: Props) {
  const [sort, setSort] = useState({ by: sortedBy, isDown: true });
  const [shown, setShown] = useState(ROWS_AT_ONCE);
  const by = columns.find((column) => column.name === sort.by);
  const sorted = useMemo(() => (by ? inOrder(rows, by.name, sort.isDown) : rows), [rows, by, sort.isDown]);
  const bars = by && isFigure(by) ? by.name : drawn;
  const most = bars ? rows.reduce((most, row) => Math.max(most, Number(row[bars])), 0) : 0;
  const turn = ({ name }: SheetColumn) => setSort({ by: name, isDown: sort.by !== name || !sort.isDown });
  return (
    <div class="scrolled" tabIndex={0} role="region" aria-label={label}>
      <table class="plain sheet">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                class={isFigure(column) ? "number" : ""}
                aria-sort={sort.by !== column.name ? undefined : sort.isDown ? "descending" : "ascending"}
              >
                <button onClick={() => turn(column)}>{column.title}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((row, place) => (
            <tr key={place}>
              {columns.map((column) => (
                <Cell key={column.name} column={column} row={row} most={column.name === bars ? most : 0} />
              ))}
            </tr>
          ))}
        </tbody>
        {total && rows.length > 0 && (
          <tfoot>
            <tr>
              {columns.map((column, place) =>
                place ? <Cell key={column.name} column={column} row={total} most={0} /> : <th scope="row">{t("sheet.total")}</th>,
              )}
            </tr>
          </tfoot>
        )}
      </table>
      {!rows.length && <p class="soft">{t("table.none")}</p>}
      {sorted.length > shown && (
        <button onClick={() => setShown(shown + ROWS_AT_ONCE)}>
          {t("sheet.more", { n: number(sorted.length - shown) })}
        </button>
      )}
    </div>
  );
}

function Cell({ column, row, most }: { column: SheetColumn; row: Row; most: number }) {
  const value = row[column.name];
  return (
    <td class={isFigure(column) ? "number" : ""}>
      {value === null || value === undefined ? "–" : WRITTEN[column.kind](value)}
      {most > 0 && (
        <span class="bar">
          <span style={{ width: `${(100 * Math.max(0, Number(value))) / most}%` }} />
        </span>
      )}
    </td>
  );
}

function inOrder(rows: Row[], by: string, isDown: boolean): Row[] {
  const sign = isDown ? -1 : 1;
  const key = (row: Row) => (row[by] ?? -Infinity) as number | string;
  return [...rows].sort((one, other) => (key(one) < key(other) ? -sign : key(one) > key(other) ? sign : 0));
}
