// "The real thing": from a form to what a machine is told. Commands to copy, systemd units and a Procfile, with the ids
// that will come of them, and warnings before somebody finds out the hard way. Ids and complaints are those of the very
// code that starts a member (core/etcd).

import { shortId } from "../base/ids.ts";
import { parseCommandLine, parseUrl, readInitialCluster } from "../etcd/mod.ts";
import { quorumOf, toleratedFailures } from "../lab/formulas.ts";
import type { SetupWarning } from "./setup_sentences.ts";

export type SetupMethod = "static" | "discovery" | "dns";

export interface SetupMachine {
  readonly name: string;
  /** Where peers reach it: advertised, and listened on when it is an address. */
  readonly peerUrl: string;
  readonly clientUrl: string;
}

export interface SetupForm {
  /** What is started: etcd itself, or a Flotilla member. They take the same flags. */
  readonly program: "etcd" | "flotilla";
  readonly method: SetupMethod;
  /** Keeps this cluster apart from others; unused with discovery, whose token does that. */
  readonly token: string;
  /** For discovery: the whole URL with its token. */
  readonly discoveryUrl: string;
  /** For DNS: the domain of the SRV records. */
  readonly domain: string;
  readonly dataDir: string;
  /** 1 to 9. */
  readonly machines: readonly SetupMachine[];
}

export interface MachineSetup {
  readonly name: string;
  /** Where to type it: the machine's address. */
  readonly host: string;
  /** The id it will have; null while something is wrong, and with discovery, where the token decides. */
  readonly memberId: string | null;
  readonly flags: readonly { readonly flag: string; readonly value: string }[];
  readonly command: string;
  readonly unit: string;
}

export interface SetupPlan {
  readonly machines: readonly MachineSetup[];
  readonly clusterId: string | null;
  readonly quorum: number;
  readonly tolerates: number;
  /** All of them on one machine, for goreman or foreman. */
  readonly procfile: string;
  /** SRV records to add to the zone; empty without DNS. */
  readonly records: readonly string[];
  /** To type afterwards, anywhere: is it one cluster, does it answer? */
  readonly checks: readonly string[];
  readonly warnings: readonly SetupWarning[];
}

export const MACHINE_COUNT_MAX = 9;

/** The tutorials' machines, as forms. */
export const TUTORIALS: Readonly<Record<"local" | "tenNet" | "virtual" | "service", SetupForm>> = {
  local: formOf(
    "etcd-cluster-1",
    "infra.data",
    [1, 2, 3].map((i) => ({
      name: `infra${i}`,
      peerUrl: `http://127.0.0.1:${i}2380`,
      clientUrl: i === 1 ? "http://127.0.0.1:2379" : `http://127.0.0.1:${i}2379`,
    })),
  ),
  tenNet: formOf(
    "my-etcd-cluster",
    "/var/lib/etcd",
    namedAt("etcd", 0, ["10.0.1.10", "10.0.1.11", "10.0.1.12"]),
  ),
  virtual: formOf(
    "etcd-cluster-1",
    "/var/lib/etcd",
    namedAt("etcd0", 1, ["192.168.10.112", "192.168.10.115", "192.168.10.117"]),
  ),
  service: formOf(
    "etcd-cluster-pro",
    "/data/etcd",
    namedAt("etcd", 0, ["172.31.43.166", "172.31.43.114", "172.31.34.237"]),
  ),
};

/** Everything that follows from a form; what is wrong with it is among the warnings, never an exception. */
export function planSetup(form: SetupForm): SetupPlan {
  const { machines, method } = form;
  const initialCluster = machines.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
  const warnings = [...sizeWarnings(machines.length), ...machineWarnings(form), ...methodWarnings(form)];
  const setups = machines.map((machine) => {
    const flags = flagsOf(machine, form, initialCluster);
    const identity = method === "discovery" ? null : identityOf(flags, form, initialCluster);
    if (identity && "error" in identity) {
      warnings.push({
        key: "etcd.refuses",
        machine: machine.name,
        values: { name: machine.name, why: identity.error },
      });
    }
    return {
      identity: identity && "self" in identity ? identity : null,
      setup: {
        name: machine.name,
        host: hostOf(machine),
        memberId: identity && "self" in identity ? identity.self : null,
        flags,
        command: commandText(form.program, flags),
        unit: unitText(machine.name, form.program, flags),
      } satisfies MachineSetup,
    };
  });
  const endpoints = machines.map(({ clientUrl }) => clientUrl).join(",");
  return {
    machines: setups.map(({ setup }) => setup),
    clusterId: setups.find(({ identity }) => identity !== null)?.identity?.clusterId ?? null,
    quorum: machines.length === 0 ? 0 : quorumOf(machines.length),
    tolerates: machines.length === 0 ? 0 : toleratedFailures(machines.length),
    procfile: setups.map(({ setup }, i) =>
      `etcd${i + 1}: ${programOf(form.program)} ${setup.flags.map(flagText).join(" ")}\n`
    ).join(""),
    records: method === "dns" ? recordsOf(form) : [],
    checks: [
      `etcdctl --endpoints=${endpoints} member list -w table`,
      `etcdctl --endpoints=${endpoints} endpoint health`,
      `etcdctl --endpoints=${endpoints} put greeting hello`,
      `etcdctl --endpoints=${machines.at(-1)?.clientUrl ?? ""} get greeting`,
    ],
    warnings,
  };
}

// --- Flags and files -------------------------------------------------------------------------------------------

type FlagValues = MachineSetup["flags"];

function flagsOf(machine: SetupMachine, form: SetupForm, initialCluster: string): FlagValues {
  const { name, peerUrl, clientUrl } = machine;
  const sharesHost = form.machines.some((other) => other !== machine && hostOf(other) === hostOf(machine));
  const flags = [
    { flag: "name", value: name },
    { flag: "data-dir", value: sharesHost ? `${form.dataDir}/${name}` : form.dataDir },
    { flag: "listen-peer-urls", value: listenUrl(peerUrl) },
    { flag: "initial-advertise-peer-urls", value: peerUrl },
    { flag: "listen-client-urls", value: clientListenUrls(clientUrl) },
    { flag: "advertise-client-urls", value: clientUrl },
  ];
  switch (form.method) {
    case "static":
      flags.push(
        { flag: "initial-cluster-token", value: form.token },
        { flag: "initial-cluster", value: initialCluster },
        { flag: "initial-cluster-state", value: "new" },
      );
      break;
    case "discovery":
      flags.push({ flag: "discovery", value: form.discoveryUrl });
      break;
    case "dns":
      flags.push(
        { flag: "discovery-srv", value: form.domain },
        { flag: "initial-cluster-token", value: form.token },
        { flag: "initial-cluster-state", value: "new" },
      );
      break;
  }
  return flags;
}

/** A name cannot be listened on: every address of the machine is, then. */
function listenUrl(url: string): string {
  const endpoint = parseUrl(url);
  if ("why" in endpoint || isAddress(endpoint.host)) return url;
  return `${endpoint.scheme}://0.0.0.0:${endpoint.port}`;
}

/** On this machine, clients may as well use loopback. */
function clientListenUrls(url: string): string {
  const endpoint = parseUrl(url);
  const listened = listenUrl(url);
  if ("why" in endpoint || isLoopback(endpoint.host) || listened.includes("//0.0.0.0:")) return listened;
  return `${listened},${endpoint.scheme}://127.0.0.1:${endpoint.port}`;
}

function commandText(program: SetupForm["program"], flags: FlagValues): string {
  const [first, second, ...rest] = flags.map(flagText);
  return [`${programOf(program)} ${first} ${second}`, ...rest].join(" \\\n  ");
}

function flagText({ flag, value }: FlagValues[number]): string {
  return `--${flag} ${/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}`;
}

function programOf(program: SetupForm["program"]): string {
  return program === "etcd" ? "etcd" : "deno task member";
}

/** `Type=notify`: both tell systemd when they serve clients; until then the unit is "activating". */
function unitText(name: string, program: SetupForm["program"], flags: FlagValues): string {
  const binary = program === "etcd" ? "/usr/local/bin/etcd" : "/opt/flotilla/bin/etcd";
  // systemd expands % in unit files.
  const start = [binary, ...flags.map((flag) => flagText(flag).replaceAll("%", "%%"))].join(" \\\n  ");
  return [
    "[Unit]",
    `Description=etcd member ${name}`,
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    "Type=notify",
    `ExecStart=${start}`,
    "Restart=always",
    "RestartSec=5s",
    "LimitNOFILE=40000",
    "TimeoutStartSec=0",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}

function recordsOf({ machines, domain }: SetupForm): readonly string[] {
  const record = (service: string, url: string): string[] => {
    const endpoint = parseUrl(url);
    if ("why" in endpoint) return [];
    return [`_etcd-${service}._tcp.${domain}. 300 IN SRV 0 0 ${endpoint.port} ${endpoint.host}.`];
  };
  return [
    ...machines.flatMap(({ peerUrl }) => record("server", peerUrl)),
    ...machines.flatMap(({ clientUrl }) => record("client", clientUrl)),
  ];
}

/** Who the member will be, by the code that starts one. DNS makes the same list out of the records. */
function identityOf(
  flags: FlagValues,
  { machines, method }: SetupForm,
  initialCluster: string,
): { readonly self: string; readonly clusterId: string } | { readonly error: string } {
  const plain = flags.filter(({ flag }) => flag !== "discovery-srv");
  const config = parseCommandLine(plain.map(({ flag, value }) => `--${flag}=${value}`), new Map());
  if (config.kind === "errors") return { error: config.errors[0]! };
  if (config.kind !== "config" || machines.length === 0) return { error: "no member" };
  const initial = readInitialCluster(method === "dns" ? { ...config, initialCluster } : config);
  return initial.kind === "errors"
    ? { error: initial.errors[0]! }
    : { self: shortId(initial.self), clusterId: shortId(initial.clusterId) };
}

// --- Warnings --------------------------------------------------------------------------------------------------

function sizeWarnings(size: number): SetupWarning[] {
  if (size < 1 || size > MACHINE_COUNT_MAX) return [{ key: "size.none", machine: null, values: { size } }];
  if (size === 1) return [{ key: "size.one", machine: null, values: {} }];
  if (size === 2) return [{ key: "size.two", machine: null, values: {} }];
  if (size % 2 === 0) {
    return [{ key: "size.even", machine: null, values: { size, tolerates: toleratedFailures(size) } }];
  }
  return size > 7 ? [{ key: "size.large", machine: null, values: { size } }] : [];
}

function machineWarnings({ machines }: SetupForm): SetupWarning[] {
  const warnings: SetupWarning[] = [];
  const areAllLocal = machines.every((machine) => isLoopback(hostOf(machine)));
  const others = (name: string) => machines.map((one) => one.name).filter((other) => other !== name);
  for (const [place, machine] of machines.entries()) {
    const { name, peerUrl, clientUrl } = machine;
    const warn = (warning: Omit<SetupWarning, "machine">) =>
      warnings.push({ ...warning, machine: name } as SetupWarning);
    if (!/^[\w.-]+$/.test(name)) warn({ key: "name.bad", values: { name } });
    const earlier = machines.slice(0, place);
    if (earlier.some((other) => other.name === name)) warn({ key: "name.twice", values: { name } });
    const samePeer = earlier.find((other) => other.peerUrl === peerUrl);
    if (samePeer) warn({ key: "url.twice", values: { name, other: samePeer.name, url: peerUrl } });
    const [peer, client] = [parseUrl(peerUrl), parseUrl(clientUrl)];
    if ("why" in peer) warn({ key: "url.bad", values: { name, why: peer.why } });
    if ("why" in client) warn({ key: "url.bad", values: { name, why: client.why } });
    if ("why" in peer || "why" in client) continue;
    if (peer.host === client.host && peer.port === client.port) {
      warn({ key: "port.same", values: { name, port: peer.port } });
    }
    if (isEverywhere(peer.host) || isEverywhere(client.host)) {
      warn({ key: "url.everywhere", values: { name } });
    }
    if (areAllLocal) continue;
    if (isLoopback(peer.host)) {
      const host = isLoopback(client.host) ? null : client.host;
      warn({ key: "url.localhost", values: { name, others: others(name), host } });
    } else if (isLoopback(client.host)) warn({ key: "client.localhost", values: { name } });
  }
  const byHost = new Map<string, string[]>();
  for (const machine of machines) {
    byHost.set(hostOf(machine), [...byHost.get(hostOf(machine)) ?? [], machine.name]);
  }
  if (areAllLocal && machines.length > 1) warnings.push({ key: "host.all", machine: null, values: {} });
  else {
    for (const [host, names] of byHost) {
      if (names.length < 2) continue;
      const isFatal = machines.length - names.length < quorumOf(machines.length);
      warnings.push({ key: "host.shared", machine: names.at(-1)!, values: { host, names, isFatal } });
    }
  }
  return warnings;
}

function methodWarnings({ method, token, discoveryUrl, domain, machines }: SetupForm): SetupWarning[] {
  const warn = (key: "token.none" | "token.default" | "discovery.none" | "discovery.public" | "dns.none") =>
    [{ key, machine: null, values: {} }] as SetupWarning[];
  switch (method) {
    case "static":
      if (token === "") return warn("token.none");
      return token === "etcd-cluster" ? warn("token.default") : [];
    case "discovery":
      if (!/^https?:\/\/[^/]+\/.*[^/]$/.test(discoveryUrl)) return warn("discovery.none");
      return discoveryUrl.startsWith("https://discovery.etcd.io/") ? warn("discovery.public") : [];
    case "dns": {
      if (domain === "") return warn("dns.none");
      const addressed = machines.find(({ peerUrl }) => {
        const endpoint = parseUrl(peerUrl);
        return !("why" in endpoint) && isAddress(endpoint.host);
      });
      return addressed
        ? [{
          key: "dns.address",
          machine: addressed.name,
          values: { name: addressed.name, url: addressed.peerUrl },
        }]
        : [];
    }
  }
}

// --- Hosts -----------------------------------------------------------------------------------------------------

/** The machine's address: that of its peer URL, unless only its client URL tells. */
function hostOf({ peerUrl, clientUrl }: SetupMachine): string {
  const [peer, client] = [parseUrl(peerUrl), parseUrl(clientUrl)];
  const hosts = [peer, client].flatMap((endpoint) => ("why" in endpoint ? [] : [endpoint.host]));
  return hosts.find((host) => !isLoopback(host) && !isEverywhere(host)) ?? hosts[0] ?? "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}

function isAddress(host: string): boolean {
  return host === "localhost" || host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function formOf(token: string, dataDir: string, machines: readonly SetupMachine[]): SetupForm {
  return { program: "etcd", method: "static", token, discoveryUrl: "", domain: "", dataDir, machines };
}

function namedAt(prefix: string, from: number, hosts: readonly string[]): readonly SetupMachine[] {
  return hosts.map((host, i) => ({
    name: `${prefix}${from + i}`,
    peerUrl: `http://${host}:2380`,
    clientUrl: `http://${host}:2379`,
  }));
}
