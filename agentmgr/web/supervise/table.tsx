// A table of any length, of which only the rows in view are there: sorted by a column, rows chosen by mouse or keys.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "./texts";

const ROW_REM = 2.25;
/** Rows above and below those in view, so that a wheel shows no gap. */
const SPARE = 6;

export interface Column<R> {
  name: string;
  title: string;
  /** by what the column is sorted */
  of: (row: R) => string | number;
  show?: (row: R) => ComponentChildren;
  isNumber?: boolean;
  /** left away where the page is narrow */
  isMinor?: boolean;
}

interface Props<R> {
  label: string;
  rows: R[];
  columns: Column<R>[];
  idOf: (row: R) => string;
  sortedBy: string;
  chosen?: ReadonlySet<string>;
  choose?: (ids: Set<string>) => void;
}

export function Table<R>({ label, rows, columns, idOf, sortedBy, chosen, choose }: Props<R>) {
  const [sort, setSort] = useState({ by: sortedBy, isDown: false });
  const sorted = useMemo(() => inOrder(rows, columns, sort), [rows, columns, sort]);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 36 });
  const [activeId, setActiveId] = useState<string>();
  const anchor = useRef(0);

  useLayoutEffect(() => {
    const look = () => {
      const { scrollTop: top, clientHeight: height } = box.current!;
      const row = Math.round(ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize));
      setView((before) =>
        before.top === top && before.height === height && before.row === row ? before : { top, height, row },
      );
    };
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    box.current!.addEventListener("scroll", look, { passive: true });
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.min(Math.floor(view.top / view.row) - SPARE, sorted.length - 1));
  const past = Math.min(sorted.length, Math.ceil((view.top + view.height) / view.row) + SPARE);
  const activeAt = () => sorted.findIndex((row) => idOf(row) === activeId);

  const goTo = (place: number) => {
    const at = Math.max(0, Math.min(place, sorted.length - 1));
    const row = sorted[at];
    if (row === undefined) return at;
    setActiveId(idOf(row));
    const { scrollTop, clientHeight } = box.current!;
    const past = (at + 2) * view.row; // with the head, which stays in view above the rows
    if (at * view.row < scrollTop) box.current!.scrollTop = at * view.row;
    else if (past > scrollTop + clientHeight) box.current!.scrollTop = past - clientHeight;
    return at;
  };
  const toggle = (place: number, isRange: boolean) => {
    const row = sorted[place];
    if (!choose || !chosen || row === undefined) return;
    const next = new Set(chosen);
    if (isRange) {
      const [from, to] = [Math.min(anchor.current, place), Math.max(anchor.current, place)];
      for (const each of sorted.slice(from, to + 1)) next.add(idOf(each));
    } else {
      anchor.current = place;
      if (!next.delete(idOf(row))) next.add(idOf(row));
    }
    choose(next);
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    const at = activeAt();
    const page = Math.max(1, Math.floor(view.height / view.row) - 2);
    const step: Record<string, number> = {
      ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: sorted.length - 1,
    }; // prettier-ignore
    if (event.key in step) {
      const to = goTo(step[event.key]!);
      if (event.shiftKey) toggle(to, true);
    } else if (event.key === " ") toggle(at, event.shiftKey);
    else if (event.key === "a" && event.ctrlKey && choose) choose(new Set(sorted.map(idOf)));
    else if (event.key === "Escape" && chosen?.size) choose?.(new Set());
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="rows"
      ref={box}
      style={{ "--row": `${view.row}px` }}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable={choose ? true : undefined}
      aria-rowcount={sorted.length + 1}
      aria-activedescendant={activeId !== undefined ? `row-${activeId}` : undefined}
      onKeyDown={press}
      onFocus={(event) => event.target === event.currentTarget && activeAt() < 0 && goTo(first)}
    >
      <table role="presentation">
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {columns.map((column) => (
              <th
                key={column.name}
                role="columnheader"
                class={classOf(column)}
                aria-sort={sort.by !== column.name ? undefined : sort.isDown ? "descending" : "ascending"}
              >
                <button
                  onClick={() => setSort({ by: column.name, isDown: sort.by === column.name && !sort.isDown })}
                >
                  {column.title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          <Gap px={first * view.row} />
          {sorted.slice(first, past).map((row, place) => {
            const id = idOf(row);
            return (
              <tr
                key={id}
                id={`row-${id}`}
                role="row"
                class={id === activeId ? "active" : ""}
                aria-rowindex={first + place + 2}
                aria-selected={chosen?.has(id)}
                onClick={(event) => {
                  setActiveId(id);
                  toggle(first + place, event.shiftKey);
                }}
              >
                {columns.map((column) => (
                  <td key={column.name} role="gridcell" class={classOf(column)}>
                    {column.show ? column.show(row) : column.of(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          <Gap px={(sorted.length - past) * view.row} />
        </tbody>
      </table>
      {!sorted.length && <p class="none">{t("table.none")}</p>}
    </div>
  );
}

/** The room of rows that are not there. */
function Gap({ px }: { px: number }) {
  return px > 0 ? <tr role="presentation" aria-hidden style={{ height: `${px}px` }} /> : null;
}

function classOf<R>(column: Column<R>): string {
  return `${column.isNumber ? "number" : ""} ${column.isMinor ? "minor" : ""}`.trim();
}

function inOrder<R>(rows: R[], columns: Column<R>[], sort: { by: string; isDown: boolean }): R[] {
  const of = columns.find((column) => column.name === sort.by)?.of;
  if (of === undefined) return rows;
  const sign = sort.isDown ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: of(row) }));
  keyed.sort((one, other) => (one.key < other.key ? -sign : one.key > other.key ? sign : 0));
  return keyed.map((each) => each.row);
}
