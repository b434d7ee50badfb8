import { render } from "preact";
import { begin } from "../common/page";
import { App } from "./app";
import { Session } from "./session";
import { t } from "./texts";

const root = begin(t("title"));
const session = new Session();
const show = () => render(<App session={session} view={session.view} />, root);
session.onChange = show;
show();
session.start();
