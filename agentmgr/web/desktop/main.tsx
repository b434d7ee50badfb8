import { render } from "preact";
import { App } from "./app";
import { kept } from "./kept";
import { Session } from "./session";
import { language, t } from "./texts";

const root = document.getElementById("desk")!;
document.documentElement.lang = language;
document.documentElement.dataset.theme = kept.setting("theme");
document.title = t("title");

const session = new Session();
const show = () => render(<App session={session} view={session.view} />, root);
session.onChange = show;
show();
