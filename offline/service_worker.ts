// Keeps one version of the site in this browser, whole, so that it opens without a network. A new version is fetched
// beside the old one and waits until the visitor asks for it: a page that is open never loses the files it was built
// with. Built as a script of its own by `vite_plugin.ts`, which fills in the two names below.

/** Every file of this version, relative to the site's folder; the first is the page itself. */
declare const SITE_FILES: readonly string[];
/** Names this version by what is in its files. */
declare const SITE_VERSION: string;

/** The little of a service worker's world that is used here; the page's types know windows only. */
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(
    name: Name,
    listener: (event: WorkerEvents[Name]) => void,
  ): void;
}
interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}
interface WorkerEvents {
  install: Extendable;
  activate: Extendable;
  message: { readonly data: unknown };
  fetch: { readonly request: Request; respondWith(response: Promise<Response>): void };
}

const worker = globalThis as unknown as WorkerScope;
// Caches belong to the origin, and a host may serve two Flotillas from two folders: the folder is in the name.
const prefix = `flotilla ${worker.registration.scope} `;
const cacheName = prefix + SITE_VERSION;
const pageUrl = new URL(SITE_FILES[0]!, worker.registration.scope).href;

worker.addEventListener("install", (event) => event.waitUntil(fetchAll()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("message", ({ data }) => {
  if (data === "takeOver") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(worker.registration.scope)) return;
  event.respondWith(answer(request));
});

/** All or nothing: one file that cannot be had leaves the version that is there in its place. */
async function fetchAll(): Promise<void> {
  const cache = await caches.open(cacheName);
  await Promise.all(SITE_FILES.map(async (file) => {
    const url = new URL(file, worker.registration.scope).href;
    // Past the browser's own cache, or a new version could be made of old files.
    const response = await fetch(new Request(url, { cache: "reload" }));
    if (!response.ok) throw new Error(`${file} is answered ${response.status}`);
    // An answer that was redirected may not serve as a page; a copy has forgotten the way it came.
    const copy = new Response(await response.blob(), { headers: response.headers });
    await cache.put(url, copy);
  }));
}

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(older.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** From the cache where it is there; the network for whatever else lies in the folder. */
async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const folder = new URL(worker.registration.scope).pathname;
  const isPage = request.mode === "navigate" && [folder, `${folder}index.html`].includes(pathname);
  const cache = await caches.open(cacheName);
  return await cache.match(isPage ? pageUrl : request.url) ?? await fetch(request);
}
