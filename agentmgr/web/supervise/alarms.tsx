// What needs somebody, in a calm strip; nothing is there while all is well.

import { usePolled } from "./polled";
import { t } from "./texts";

const LOOK_MS = 10_000;

interface Alarm {
  kind: string;
  severity: "alarm" | "warning";
  what: string;
  text: string;
}

export function Alarms() {
  const { rows: alarms = [] } = usePolled<Alarm>(LOOK_MS, "ShowAlarms");
  if (!alarms.length) return null;
  return (
    <section class="alarms" aria-label={t("alarms")}>
      <ul>
        {alarms.map((each) => (
          <li key={`${each.kind}/${each.what}/${each.text}`} class={each.severity}>
            <span class="tag">{t(`alarm.${each.severity}`)}</span>
            <strong>
              <bdi>{each.what}</bdi>
            </strong>
            <span>{each.text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
