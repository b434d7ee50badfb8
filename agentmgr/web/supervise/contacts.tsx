// Contact lists, imports into them with what was rejected, and what is imported or run at its time.

import { useState } from "preact/hooks";
import { number } from "../common/numbers";
import { Ask } from "./dialog";
import { attempt, say } from "./notices";
import { usePolled } from "./polled";
import { ask, importFile, type Asked, type Row } from "./server";
import { Schedules } from "./schedules";
import { t, tIf } from "./texts";
import { whyNot } from "./visit";

const LOOK_MS = 5000;

interface ContactList {
  list: string;
  contacts: number;
  organisation?: string;
}

export function Contacts() {
  const lists = usePolled<ContactList>(LOOK_MS, "ListContactLists");
  return (
    <>
      <h1>{t("view.contacts")}</h1>
      <div class="stack">
        <Lists lists={lists.rows} again={lists.again} />
        <Import lists={lists.rows ?? []} again={lists.again} />
        <Sources />
        <Schedules />
      </div>
    </>
  );
}

function Lists({ lists, again }: { lists: ContactList[] | undefined; again: () => void }) {
  const [isMaking, setMaking] = useState(false);
  const [name, setName] = useState("");
  const [emptied, setEmptied] = useState("");
  const carryOut = async (...asked: Asked) => {
    const [done] = await ask(...asked);
    say(String(done?.done));
    again();
  };
  return (
    <section class="card">
      <div class="row heading">
        <h2>{t("lists")}</h2>
        <button onClick={() => setMaking(true)}>{t("lists.new")}</button>
      </div>
      {lists?.length === 0 && <p class="soft">{t("lists.none")}</p>}
      {!!lists?.length && (
        <div class="scrolled">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">{t("list")}</th>
                <th scope="col" class="number">
                  {t("campaign.contacts")}
                </th>
                <th scope="col" class="minor">
                  {t("field.organisation")}
                </th>
                <th scope="col">{t("acts")}</th>
              </tr>
            </thead>
            <tbody>
              {lists.map((each) => (
                <tr key={each.list}>
                  <th scope="row">
                    <bdi>{each.list}</bdi>
                  </th>
                  <td class="number">{number(each.contacts)}</td>
                  <td class="minor">
                    <bdi>{each.organisation}</bdi>
                  </td>
                  <td>
                    <button onClick={() => setEmptied(each.list)}>
                      {t("lists.empty")}
                      <span class="unseen"> {each.list}</span>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isMaking && (
        <Ask
          title={t("lists.new")}
          close={() => setMaking(false)}
          yes={t("lists.make")}
          act={() => carryOut("MakeList", { list_name: name.trim() })}
        >
          <label>
            {t("field.name")}
            <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        </Ask>
      )}
      {emptied && (
        <Ask
          title={emptied}
          close={() => setEmptied("")}
          yes={t("lists.empty")}
          isDanger
          act={() => carryOut("EmptyList", { list_name: emptied })}
        >
          <p>{t("lists.empty?")}</p>
        </Ask>
      )}
    </section>
  );
}

interface Reject {
  line: number;
  column: string;
  found: string;
  why: string;
}

function Import({ lists, again }: { lists: ContactList[]; again: () => void }) {
  const [file, setFile] = useState<File>();
  const [list, setList] = useState("");
  const [country, setCountry] = useState("");
  const [isPremium, setPremium] = useState(false);
  const [sent, setSent] = useState<number>();
  const [trouble, setTrouble] = useState("");
  const [rows, setRows] = useState<Row[]>([]);
  const start = async (event: Event) => {
    event.preventDefault();
    if (file === undefined) return;
    setSent(0);
    setTrouble("");
    setRows([]);
    try {
      const args = { list_name: list.trim(), country: country.trim(), allow_premium: String(isPremium) };
      setRows(await importFile(args, file, setSent));
      again();
    } catch (error) {
      setTrouble(whyNot(error));
    }
    setSent(undefined);
  };
  const rejects = rows.filter((row) => "why" in row) as unknown as Reject[];
  const report = rows.find((row) => "created" in row);
  const isBusy = sent !== undefined;
  return (
    <section class="card">
      <h2>{t("import")}</h2>
      <form onSubmit={start} aria-busy={isBusy}>
        <div class="fields">
          <div class="field">
            <label>
              {t("import.file")}
              <input
                type="file"
                required
                accept=".csv,.txt,text/csv"
                aria-describedby="importHint"
                onChange={(event) => setFile(event.currentTarget.files?.[0])}
              />
            </label>
            <small id="importHint">{t("import.hint")}</small>
          </div>
          <div class="field">
            <label>
              {t("import.list")}
              <input required list="lists" value={list} onInput={(event) => setList(event.currentTarget.value)} />
            </label>
            <datalist id="lists">
              {lists.map((each) => (
                <option value={each.list} key={each.list} />
              ))}
            </datalist>
          </div>
          <div class="field">
            <label>
              {t("field.country")}
              <input
                value={country}
                aria-describedby="countryHint"
                onInput={(event) => setCountry(event.currentTarget.value)}
              />
            </label>
            <small id="countryHint">{t("import.countryHint")}</small>
          </div>
          <div class="field">
            <label class="choice">
              <input type="checkbox" checked={isPremium} onChange={(event) => setPremium(event.currentTarget.checked)} />
              {t("field.allow_premium")}
            </label>
          </div>
        </div>
        <div class="row">
          <button class="primary" disabled={isBusy}>
            {t("import.start")}
          </button>
          {isBusy && (sent < 1 ? <progress value={sent} aria-label={t("import.sent")} /> : <span>{t("import.read")}</span>)}
        </div>
      </form>
      <div role="status">
        {trouble && <p class="banner warning">{trouble}</p>}
        {report && (
          <p>
            {t("import.done", {
              created: number(Number(report.created)),
              updated: number(Number(report.updated)),
              rejected: number(Number(report.rejected)),
              on_dnc: number(Number(report.on_dnc)),
            })}
          </p>
        )}
      </div>
      {rejects.length > 0 && <Rejects rejects={rejects} name={file?.name ?? ""} />}
    </section>
  );
}

const COLUMNS = ["line", "column", "found", "why"] as const;
/** So many are shown; the file has all. */
const SHOWN = 200;

function Rejects({ rejects, name }: { rejects: Reject[]; name: string }) {
  const save = () => {
    const cell = (value: string | number) => `"${String(value).replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
    const lines = [COLUMNS.join(","), ...rejects.map((each) => COLUMNS.map((column) => cell(each[column])).join(","))];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    link.download = `${name.replace(/\.\w+$/, "")}.rejects.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <div class="row heading">
        <h3>{t("import.rejects")}</h3>
        <button onClick={save}>{t("csv")}</button>
      </div>
      <div class="scrolled" role="region" tabIndex={0} aria-label={t("import.rejects")}>
        <table class="plain">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th scope="col" key={column}>
                  {t(`reject.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rejects.slice(0, SHOWN).map((each, place) => (
              <tr key={place}>
                {COLUMNS.map((column) => (
                  <td key={column}>
                    <bdi>{each[column]}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rejects.length > SHOWN && <p class="soft">{t("import.more", { count: number(rejects.length - SHOWN) })}</p>}
    </>
  );
}

interface ImportJob extends Row {
  import: number;
  source: string;
  list: string;
  state: string;
  rows: number;
  created: number;
  updated: number;
  invalid: number;
  misformatted: number;
  rejected: number;
  failed: number;
  error: string | null;
}

/** Return how many rows are not in, for whatever reason; the server tells the reasons apart. */
const notIn = (job: ImportJob) => job.invalid + job.misformatted + job.rejected + job.failed;

/** What can be done with an import in a state. */
const MOVES: Record<string, string[]> = {
  ...Object.fromEntries(
    ["QUEUED", "FILE_COPYING", "DELETING_CONTACTS", "PAUSING", "WAITING_TO_RESUME"].map((state) => [state, ["stop"]]),
  ),
  RUNNING: ["pause", "stop"],
  PAUSED: ["resume", "stop"],
};

function Sources() {
  const { rows: sources = [] } = usePolled<{ source: string; list: string }>(LOOK_MS, "ListSources");
  const { rows: jobs = [], again } = usePolled<ImportJob>(LOOK_MS, "ShowImports");
  const carryOut = async (...asked: Asked) => {
    const [done] = await ask(...asked);
    say(String(done?.done));
    again();
  };
  if (!sources.length) return null;
  return (
    <section class="card">
      <h2>{t("sources")}</h2>
      <div class="row sources">
        {sources.map((each) => (
          <button key={each.source} onClick={() => void attempt(carryOut("BeginImport", { name: each.source }))}>
            {t("sources.begin", { name: each.source })}
          </button>
        ))}
      </div>
      {jobs.length > 0 && (
        <div class="scrolled" role="region" tabIndex={0} aria-label={t("sources.imports")}>
          <table class="plain">
            <thead>
              <tr>
                {(["source", "list", "campaign.state", "import.rows", "import.created", "import.updated", "import.rejected", "acts"] as const).map(
                  (each) => (
                    <th scope="col" key={each} class={each.startsWith("import.") ? "number" : ""}>
                      {t(each)}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.import}>
                  <th scope="row">
                    <bdi>{job.source}</bdi>
                  </th>
                  <td>
                    <bdi>{job.list}</bdi>
                  </td>
                  <td>
                    {tIf(`importing.${job.state}`) ?? job.state}
                    {job.error && <small class="wrong">{job.error}</small>}
                  </td>
                  {[job.rows, job.created, job.updated, notIn(job)].map((count, place) => (
                    <td class="number" key={place}>
                      {number(count)}
                    </td>
                  ))}
                  <td>
                    <div class="row">
                      {(MOVES[job.state] ?? []).map((how) => (
                        <button key={how} onClick={() => void attempt(carryOut("MoveImport", { name: job.source, how }))}>
                          {t(`import.${how}` as "import.stop")}
                        </button>
                      ))}
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
