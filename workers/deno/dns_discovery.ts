// Finding the other members by DNS: SRV records name them, and a member knows itself by its advertised peer URL.
//
//   _etcd-server-ssl._tcp.DOMAIN   peers at https://target:port
//   _etcd-server._tcp.DOMAIN       peers at http://target:port
//
// etcd 3.4 asks for both but gives up when the first has no answer; here, as its manual says, either will do.
// (pkg/srv/srv.go, embed.Config.GetDNSClusterNames)

import { lookup } from "node:dns/promises";
import type { MemberConfig } from "../../core/etcd/flags.ts";
import { parseUrl } from "../../core/etcd/urls.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface DnsCluster {
  readonly kind: "cluster";
  /** As --initial-cluster would say it; members whose name is not known are called 0, 1, 2, … */
  readonly initialCluster: string;
  /** This member's URLs among them; none when it is not among them. */
  readonly ownUrls: readonly string[];
}

/**
 * Asked instead of the system's name servers, as "127.0.0.1:5300": for trying records out before they are public.
 * Only the records are asked for there; connections resolve names as the system does.
 */
export const NAME_SERVER_VARIABLE = "FLOTILLA_NAME_SERVER";

export async function findByDns(
  config: MemberConfig,
  dns: { readonly domain: string; readonly serviceName: string },
): Promise<DnsCluster | Refusal> {
  const resolver = nameServer();
  if (resolver.kind === "refused") return resolver;
  const suffix = dns.serviceName === "" ? "" : `-${dns.serviceName}`;
  const own = new Set<string>();
  for (const url of config.advertisePeerUrls) {
    for (const place of await placesOf(url, resolver)) own.add(place);
  }
  const entries: string[] = [], ownUrls: string[] = [], troubles: string[] = [];
  let nameless = 0;
  const services = [["etcd-server-ssl", "https"], ["etcd-server", "http"]] as const;
  const answers = await Promise.all(
    services.map(([service]) => lookUp(`_${service}${suffix}._tcp.${dns.domain}`, resolver)),
  );
  for (const [i, [service, scheme]] of services.entries()) {
    const records = answers[i]!;
    if (typeof records === "string") {
      troubles.push(`error querying DNS SRV records for _${service}${suffix} ${records}`);
      continue;
    }
    for (const { target, port } of records) {
      const url = `${scheme}://${target.replace(/\.$/, "")}:${port}`;
      const isSelf = (await placesOf(url, resolver)).some((place) => own.has(place));
      if (isSelf) ownUrls.push(url);
      entries.push(`${isSelf ? config.name : nameless++}=${url}`);
    }
  }
  if (entries.length === 0) {
    return refusal(
      `couldn't resolve during SRV discovery (${troubles.join("; ")})`,
      `let _etcd-server._tcp.${dns.domain} have an SRV record for each member, or list them in --initial-cluster`,
    );
  }
  return { kind: "cluster", initialCluster: entries.join(","), ownUrls };
}

/** A name server that says nothing for this long has no answer. */
const ANSWER_MS_MAX = 5_000;

interface Resolver {
  readonly kind: "resolver";
  /** Null: the system's. */
  readonly nameServer: { readonly ipAddr: string; readonly port: number } | null;
}

function nameServer(): Resolver | Refusal {
  const text = Deno.env.get(NAME_SERVER_VARIABLE) ?? "";
  if (text === "") return { kind: "resolver", nameServer: null };
  const [, ipAddr, port] = /^([0-9.]+):(\d{1,5})$/.exec(text) ?? [];
  if (ipAddr === undefined || port === undefined) {
    return refusal(`invalid value "${text}" for ${NAME_SERVER_VARIABLE}`, "write it as 127.0.0.1:53");
  }
  return { kind: "resolver", nameServer: { ipAddr, port: Number(port) } };
}

/** In the order of their priority; or why there are none, in Go's words. */
async function lookUp(name: string, { nameServer }: Resolver): Promise<Deno.SrvRecord[] | string> {
  try {
    const records = await Deno.resolveDns(name, "SRV", {
      ...(nameServer === null ? {} : { nameServer }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (records.length === 0) return `lookup ${name}: no such host`;
    return records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  } catch (error) {
    const isSlow = error instanceof DOMException && error.name === "TimeoutError";
    const why = error instanceof Deno.errors.NotFound
      ? "no such host"
      : isSlow
      ? `no answer within ${ANSWER_MS_MAX} ms`
      : messageOf(error);
    return `lookup ${name}: ${why}`;
  }
}

/** "address:port" for every address that the URL's host has; none when it cannot be resolved. */
async function placesOf(url: string, resolver: Resolver): Promise<string[]> {
  const endpoint = parseUrl(url);
  if ("why" in endpoint) return [];
  const { host, port } = endpoint;
  return (await addressesOf(host, resolver)).map((address) => `${address}:${port}`);
}

async function addressesOf(host: string, { nameServer }: Resolver): Promise<string[]> {
  if (/^[0-9.]+$/.test(host) || host.includes(":")) return [host];
  if (host === "localhost") return ["127.0.0.1"];
  try {
    if (nameServer !== null) {
      return await Deno.resolveDns(host, "A", { nameServer, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    }
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
