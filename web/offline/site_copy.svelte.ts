// The page's side of being offline: has the service worker keep a copy of the site once the page has nothing better to
// do, and says when a newer version lies ready. Only the visitor's yes puts it in place, in every tab at once.

/** Real milliseconds between two looks for a newer version, in a page that stays open. */
const LOOK_MS = 3_600_000;

export class SiteCopy {
  /** A newer version of the site lies ready in this browser. */
  newer = $state(false);
  #waiting: ServiceWorker | null = null;
  /** The page was loaded from a copy, so that another copy in its place means another version. */
  #isFromCopy = false;

  /** Only a built site has a copy. A browser that keeps none is no trouble: the page then needs its network. */
  keep(): void {
    if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
    this.#isFromCopy = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      // Lazily loaded parts of the old version are gone from the cache by now.
      if (this.#isFromCopy) location.reload();
      this.#isFromCopy = true;
    });
    whenIdle(() => void this.#register().catch(() => {}));
  }

  /** Puts the newer version in place; the page loads anew by itself. */
  takeNewer(): void {
    this.#waiting?.postMessage("takeOver");
  }

  later(): void {
    this.newer = false;
  }

  async #register(): Promise<void> {
    const address = new URL("./sw.js", document.baseURI);
    const registration = await navigator.serviceWorker.register(address, { updateViaCache: "none" });
    this.#look(registration);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => this.#look(registration));
    });
    registration.installing?.addEventListener("statechange", () => this.#look(registration));
    setInterval(() => void registration.update().catch(() => {}), LOOK_MS);
  }

  #look({ waiting, active }: ServiceWorkerRegistration): void {
    // The first copy replaces none, and is nothing to tell.
    if (waiting === null || active === null) return;
    this.#waiting = waiting;
    this.newer = true;
  }
}

/** After the page has loaded and the first members run: a first visit pays for the copy last. */
function whenIdle(run: () => void): void {
  const settled = (): unknown =>
    "requestIdleCallback" in globalThis
      ? requestIdleCallback(run, { timeout: 10_000 })
      : setTimeout(run, 3_000);
  if (document.readyState === "complete") settled();
  else addEventListener("load", settled, { once: true });
}
