// The words of the set-up page in English, loaded with its room. `setup_zh.ts` has the same shape. Warnings come from
// the plan's own table (core/script/setup_sentences).

import type { SetupMethod } from "../../core/script/mod.ts";
import type { TutorialName } from "../setup/form.ts";
import type { OutputKind } from "../setup/output.ts";

const COUNTS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const count = (number: number) => COUNTS[number] ?? String(number);

export const setupEn = {
  title: "Set up a cluster",
  subtitle: "The same flags start Flotilla members and etcd members.",
  quorum: (needed: number, size: number) => `Quorum will be ${needed} of ${size}.`,
  tolerates: (lost: number) =>
    lost === 0 ? "None may fail." : lost === 1 ? "One may fail." : `${lost} may fail.`,
  filledFrom: "Filled in from",
  ownForm: "your own form",
  tutorials: {
    local: "three on one machine",
    tenNet: "three machines, 10.0.1.x",
    virtual: "three virtual machines, 192.168.10.x",
    service: "three services, 172.31.x",
  } satisfies Record<TutorialName, string>,

  members: "Members",
  membersNote: "below: how many may fail",
  /** What is read aloud between and after the two figures of a size. */
  sizeWords: (size: number) => ({ between: size === 1 ? " member, " : " members, ", after: " may fail" }),

  find: "They find each other",
  methods: {
    static: "by a fixed list",
    discovery: "by discovery",
    dns: "by DNS",
  } satisfies Record<SetupMethod, string>,
  methodNotes: {
    static: (size: number) =>
      size === 1
        ? "It is told its own name and peer URL. Nothing else has to run."
        : `Every member is told all ${count(size)} names and peer URLs. Nothing else has to run.`,
    discovery: (size: number) =>
      `A discovery service collects ${
        count(size)
      } peer URLs under one token. Each token serves one cluster, once.`,
    dns: () =>
      "Members read each other's peer URLs from SRV records. The records must be there before they start.",
  } satisfies Record<SetupMethod, (size: number) => string>,
  token: "Token",
  clusterId: "makes the cluster id",
  noClusterId: "no cluster id while something is wrong",
  discoveryUrl: "Service and token",
  discoveryHow: (size: number) =>
    `curl 'http://127.0.0.1:8087/new?size=${size}' prints one, after deno task discovery start`,
  domain: "Domain",

  program: "Started is",
  programs: { etcd: "etcd", flotilla: "Flotilla" },
  dataDir: "Data directory",

  machines: "Machines",
  columns: { name: "Name", peer: "Peer URL, for members", client: "Client URL", id: "Id it will have" },
  field: (column: string, place: number) => `${column}, machine ${place}`,
  noId: "not known yet",
  idByToken: "the token decides",
  use: (host: string) => `Use ${host}`,

  start: (size: number) => `Start ${count(size)} in this tab`,
  startNote:
    "a rehearsal with as many members, on the page's own network; there they are called infra1, infra2 …",
  ask: "This replaces the cluster in the tab.",
  startOver: "Start it",
  keep: "Keep the one there",

  kinds: {
    commands: "Commands",
    units: "systemd units",
    procfile: "Procfile",
    records: "SRV records",
    checks: "Afterwards",
  } satisfies Record<OutputKind, string>,
  kindNotes: {
    commands: "One on each machine.",
    units: "Each to /etc/systemd/system/etcd.service of its machine, then systemctl enable --now etcd.",
    procfile: "All members on one machine: goreman -f Procfile start, or deno task cluster start.",
    records: "Into the domain's zone.",
    checks: "Is it one cluster, does it answer?",
  } satisfies Record<OutputKind, string>,
  output: "Files",
  all: "all",
  on: (host: string) => `# on ${host}`,
  copy: "Copy",
  copied: "Copied.",
  byHand: "The browser does not let the page copy. Select the text by hand.",
  save: (files: number) => (files === 1 ? "Save the file" : `Save ${count(files)} files`),
  saved: (files: number) => (files === 1 ? "Saved." : `${files} files saved.`),
  link: "Copy the link",
  underlined: "Underlined: what the warning is about.",
};

export type SetupStrings = typeof setupEn;
