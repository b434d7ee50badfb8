// Questions before something is done, with what came of it.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "./texts";
import { whyNot } from "./visit";

interface Props {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

/** Something that has to be answered or closed before anything else; the focus returns by itself. */
export function Dialog({ title, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close(); // which gives the focus back
  }, []);
  return (
    // one that has gone from the page is told of its end too late: another may be there already
    <dialog ref={dialog} aria-labelledby={id} onClose={(event) => event.currentTarget.isConnected && close()}>
      <h2 id={id}>
        <bdi>{title}</bdi>
      </h2>
      {children}
    </dialog>
  );
}

interface Question extends Props {
  /** the word on the button */
  yes: string;
  isDanger?: boolean;
  /** does it; the dialog stays and says why if it is refused */
  act: () => Promise<unknown>;
}

/** A form that is carried out, and closes when that went well and `act` did not say to stay. */
export function Ask({ title, close, children, yes, isDanger, act }: Question) {
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      await act();
      close();
    } catch (error) {
      setTrouble(whyNot(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} close={close}>
      <form class="stacked" aria-busy={isBusy} onSubmit={submit}>
        {children}
        {trouble && (
          <p class="banner warning" role="alert">
            {trouble}
          </p>
        )}
        <div class="row">
          <button class={isDanger ? "danger" : "primary"} disabled={isBusy}>
            {yes}
          </button>
          <button type="button" onClick={close}>
            {t("cancel")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
