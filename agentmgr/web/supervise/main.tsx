import { render } from "preact";
import { begin } from "../common/page";
import { App } from "./app";
import { t } from "./texts";
import { look } from "./visit";

render(<App />, begin(t("title")));
void look();
