// What every page begins with and ends with: language and theme.

import { set, setting } from "./settings";
import { LANGUAGES, language, shared, type Shared } from "./texts";

const { t } = shared;

/** Let the page be in the language and theme that were chosen; returns where it is drawn. */
export function begin(title: string): HTMLElement {
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = setting("theme");
  document.title = title;
  return document.getElementById("page")!;
}

export function Settings() {
  const choose = (name: string, value: string) => {
    set(name, value);
    if (name === "theme") document.documentElement.dataset.theme = value;
    else location.reload(); // a call goes on, and so does what was typed
  };
  return (
    <footer>
      <label>
        {t("language")}
        <select value={language} onChange={(event) => choose("language", event.currentTarget.value)}>
          {Object.entries(LANGUAGES).map(([name, words]) => (
            <option value={name} key={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("theme")}
        <select value={setting("theme")} onChange={(event) => choose("theme", event.currentTarget.value)}>
          {["", "light", "dark"].map((name) => (
            <option value={name} key={name}>
              {t(`theme.${name}` as Shared)}
            </option>
          ))}
        </select>
      </label>
    </footer>
  );
}
