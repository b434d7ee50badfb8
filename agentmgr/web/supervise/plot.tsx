// A plot over time, which can be read as a table too.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { number, percent, timeOfDay } from "../common/numbers";
import { Sheet } from "./sheet";
import { t } from "./texts";

const SHORTEST_S = 3600;
const HEIGHT_REM = 12;
const WRITTEN = { number, percent };

/** A line of a plot; a dashed one is a limit. */
export interface Line {
  name: string;
  title: string;
  color: "accent" | "good" | "wait" | "bad";
  isDashed?: boolean;
}

interface Props {
  title: string;
  kind: keyof typeof WRITTEN;
  lines: Line[];
  steps: Record<string, number | null>[];
  /** the least that the scale goes up to */
  top: number;
}

export function Plot({ title, kind, lines, steps, top }: Props) {
  const [isTable, setTable] = useState(false);
  const id = useId();
  const last = steps.at(-1);
  const written = (value: number | null | undefined) => (value === null || value === undefined ? "–" : WRITTEN[kind](value));
  return (
    <article class="card plot" aria-labelledby={id}>
      <div class="row">
        <h2 id={id}>{title}</h2>
        <button aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {t("plot.table")}
        </button>
      </div>
      <p class="legend">
        {lines.map((line) => (
          <span key={line.name}>
            <span class={`key ${line.color} ${line.isDashed ? "dashed" : ""}`} />
            {line.title} <strong>{written(last?.[line.name])}</strong>
          </span>
        ))}
      </p>
      {isTable ? (
        <Sheet
          label={title}
          columns={[
            { name: "at", title: t("plot.time"), kind: "time" },
            ...lines.map((line) => ({ name: line.name, title: line.title, kind })),
          ]}
          rows={steps}
        />
      ) : steps.length ? (
        <Canvas {...{ title, kind, lines, steps, top }} />
      ) : (
        <p class="soft">{t("plot.none")}</p>
      )}
    </article>
  );
}

/** Return from when to when steps are drawn: uPlot would draw a day that has just begun as weeks. */
function spanOf(at: number[]): [number, number] {
  const first = at[0] ?? 0;
  return [first, Math.max(at.at(-1) ?? 0, first + SHORTEST_S)];
}

function Canvas({ title, kind, lines, steps, top }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const names = lines.map((line) => line.name).join();
  const plot = useRef<uPlot | undefined>(undefined);
  const data = [steps.map((step) => step["at"]!), ...lines.map((line) => steps.map((step) => step[line.name] ?? null))];
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const host = box.current!;
    const color = (name: string) => {
      host.style.color = `var(--${name})`;
      return getComputedStyle(host).color;
    };
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const height = HEIGHT_REM * rem;
    const font = `${0.75 * rem}px system-ui, sans-serif`;
    const axis = { font, stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
    const drawn = new uPlot(
      {
        width: host.clientWidth,
        height,
        padding: [rem / 2, 1.5 * rem, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => spanOf(latest.current[0] as number[]) },
          y: { range: (_, __, most) => [0, Math.max(top, (most ?? 0) * 1.05)] },
        },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map(timeOfDay), space: 4.5 * rem, size: 1.6 * rem },
          { ...axis, values: (_, ticks) => ticks.map((tick) => WRITTEN[kind](tick)), size: 3.6 * rem },
        ],
        series: [
          {},
          ...lines.map((line) => ({
            stroke: color(line.color),
            width: 2,
            points: { show: steps.length < 3 },
            ...(line.isDashed && { dash: [6, 4] }),
          })),
        ],
      },
      latest.current as uPlot.AlignedData,
      host,
    );
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: host.clientWidth, height }));
    observer.observe(host);
    return () => {
      observer.disconnect();
      drawn.destroy();
    };
  }, [theme, names, steps.length < 3, top]);
  useEffect(() => plot.current?.setData(latest.current as uPlot.AlignedData), [steps]);

  return <div ref={box} class="canvas" role="img" aria-label={t("plot.about", { title })} />;
}

/** Return something that changes when the colours of the page do. */
function useTheme(): string {
  const look = () => getComputedStyle(document.documentElement).color;
  const [theme, setTheme] = useState(look);
  useEffect(() => {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    const change = () => setTheme(look());
    query.addEventListener("change", change);
    const observer = new MutationObserver(change);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      query.removeEventListener("change", change);
      observer.disconnect();
    };
  }, []);
  return theme;
}
