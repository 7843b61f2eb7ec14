// The form as it is filled in: by a tutorial, by hand, by a link. Pure; what follows from it is `planSetup`'s to say.

import {
  MACHINE_COUNT_MAX,
  type SetupForm,
  type SetupMachine,
  type SetupMethod,
  TUTORIALS,
} from "../../core/script/mod.ts";

export type TutorialName = keyof typeof TUTORIALS;
export const TUTORIAL_NAMES = Object.keys(TUTORIALS) as readonly TutorialName[];
export const METHODS = ["static", "discovery", "dns"] as const satisfies readonly SetupMethod[];

/** What a page begins with: the tutorial's three machines. */
export const FIRST_FORM: SetupForm = TUTORIALS.tenNet;

/** Longest text that a field takes; a URL is rarely longer than a line. */
export const FIELD_LENGTH_MAX = 200;

/**
 * The form with so many machines. Machines that were there before come back as they were; new ones follow the last:
 * the next number in its name, and the next address, or on one machine the next ports.
 * @param size 1 to 9.
 * @param spare machines that were taken away, in their old places.
 */
export function resized(form: SetupForm, size: number, spare: readonly SetupMachine[] = []): SetupForm {
  const count = Math.min(MACHINE_COUNT_MAX, Math.max(1, Math.trunc(size)));
  const machines = form.machines.slice(0, count);
  while (machines.length < count) {
    machines.push(spare[machines.length] ?? follower(machines, machines.at(-1)));
  }
  return { ...form, machines };
}

/** The tutorial that this form is, word for word; null when somebody has changed it. */
export function tutorialOf(form: SetupForm): TutorialName | null {
  const text = JSON.stringify(queryOf(form).toString());
  return TUTORIAL_NAMES.find((name) => JSON.stringify(queryOf(TUTORIALS[name]).toString()) === text) ?? null;
}

/** A form as the part of an address behind `?`. */
export function queryOf(form: SetupForm): URLSearchParams {
  const query = new URLSearchParams({ by: form.method, program: form.program, dir: form.dataDir });
  if (form.token !== "") query.set("token", form.token);
  if (form.discoveryUrl !== "") query.set("discovery", form.discoveryUrl);
  if (form.domain !== "") query.set("domain", form.domain);
  for (const { name, peerUrl, clientUrl } of form.machines) {
    query.append("m", `${name} ${peerUrl} ${clientUrl}`);
  }
  return query;
}

/** The same the other way round. An address is typed by anybody: what is not understood counts as not said. */
export function formOf(query: URLSearchParams): SetupForm {
  const text = (name: string, otherwise: string) => (query.get(name) ?? otherwise).slice(0, FIELD_LENGTH_MAX);
  const machines = query.getAll("m").slice(0, MACHINE_COUNT_MAX).map((line): SetupMachine => {
    // URLs hold no blanks; a name that is being typed may.
    const words = line.split(" ");
    const [peerUrl = "", clientUrl = ""] = words.splice(-2);
    return { name: cut(words.join(" ")), peerUrl: cut(peerUrl), clientUrl: cut(clientUrl) };
  });
  return {
    program: query.get("program") === "flotilla" ? "flotilla" : "etcd",
    method: METHODS.find((method) => method === query.get("by")) ?? FIRST_FORM.method,
    token: query.has("by") ? text("token", "") : text("token", FIRST_FORM.token),
    discoveryUrl: text("discovery", ""),
    domain: text("domain", ""),
    dataDir: text("dir", FIRST_FORM.dataDir),
    machines: machines.length === 0 ? FIRST_FORM.machines : machines,
  };
}

function cut(text: string): string {
  return text.slice(0, FIELD_LENGTH_MAX);
}

function follower(machines: readonly SetupMachine[], last: SetupMachine | undefined): SetupMachine {
  if (last === undefined) return FIRST_FORM.machines[0]!;
  // Members on one machine differ by port, members on many by address.
  const before = machines.at(-2);
  const isShared = before !== undefined && hostIn(before.peerUrl) === hostIn(last.peerUrl);
  const onward = (url: string) => (isShared ? nextPort(url) : nextHost(url));
  return {
    name: /\d$/.test(last.name) ? nextNumber(last.name) : `${last.name}2`,
    peerUrl: onward(last.peerUrl),
    clientUrl: onward(last.clientUrl),
  };
}

function hostIn(url: string): string {
  return /^https?:\/\/([^/:]+)/.exec(url)?.[1] ?? url;
}

/** "etcd2" → "etcd3" */
function nextNumber(text: string): string {
  return text.replace(/\d+$/, (digits) => String(Number(digits) + 1));
}

/** The next address of the same network; a name gets the next number. */
function nextHost(url: string): string {
  return url.replace(/^(https?:\/\/)([^/:]+)/, (_, scheme: string, host: string) => {
    const parts = /^(\d+\.\d+\.\d+\.)(\d+)$/.exec(host);
    if (parts) return `${scheme}${parts[1]}${Math.min(254, Number(parts[2]) + 1)}`;
    const [first = "", ...domain] = host.split(".");
    return scheme + [/\d$/.test(first) ? nextNumber(first) : `${first}2`, ...domain].join(".");
  });
}

/** Ports ten thousand further, as the tutorials have them; past 65535, the next address of the loopback network. */
function nextPort(url: string): string {
  return url.replace(/^(https?:\/\/)([^/:]+):(\d+)/, (_, scheme: string, host: string, digits: string) => {
    const port = Number(digits) + 10_000;
    if (port <= 65_535) return `${scheme}${host}:${port}`;
    return nextHost(`${scheme}${host}:${10_000 + Number(digits) % 10_000}`);
  });
}
