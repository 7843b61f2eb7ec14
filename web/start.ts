// Puts a cluster on the page: the same for the real one and for the staged one of development.

import { mount } from "svelte";
import type { Cluster, HomeTrouble } from "../workers/browser/cluster_api.ts";
import App from "./App.svelte";
import { installConsole } from "./console.ts";
import { placeOf } from "./router.ts";
import { Session } from "./state/session.svelte.ts";
import { recall, Settings } from "./state/settings.svelte.ts";
import TroublePage from "./view/TroublePage.svelte";
import "./style/tokens.css";
import "./style/base.css";
import "./style/marks.css";

export type Opened =
  | { readonly kind: "open"; readonly cluster: Cluster }
  | { readonly kind: "trouble"; readonly trouble: HomeTrouble };

/** Opens a cluster and draws it; when none can be opened, says why in a sentence. */
export async function start(open: () => Promise<Opened>): Promise<void> {
  const settings = new Settings(new URL(location.href), navigator.languages);
  const target = document.getElementById("app")!;
  try {
    const opened = await open();
    if (opened.kind === "trouble") {
      mount(TroublePage, { target, props: { settings, trouble: opened.trouble, message: "" } });
      return;
    }
    const session = new Session(opened.cluster, settings, recall("seen") === null);
    installConsole(session);
    followRunLinks(session);
    mount(App, { target, props: { session } });
  } catch (error) {
    target.replaceChildren();
    const message = error instanceof Error ? error.message : String(error);
    mount(TroublePage, { target, props: { settings, trouble: null, message } });
    throw error;
  }
}

/** An address that names a run opens it, now and whenever the address becomes one. */
function followRunLinks(session: Session): void {
  const follow = (): void => {
    const { room, query } = placeOf(location.hash);
    if (room === "run") session.act(session.time.openQuery(query));
  };
  addEventListener("hashchange", follow);
  follow();
}
