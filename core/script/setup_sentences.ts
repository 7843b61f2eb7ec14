// What a set-up warns of, in both languages: the consequence first, then its cause.

import type { Language } from "./lesson.ts";

interface WarningValues {
  "size.none": { readonly size: number };
  "size.one": Record<never, never>;
  "size.two": Record<never, never>;
  "size.even": { readonly size: number; readonly tolerates: number };
  "size.large": { readonly size: number };
  "name.bad": { readonly name: string };
  "name.twice": { readonly name: string };
  "url.bad": { readonly name: string; readonly why: string };
  "url.twice": { readonly name: string; readonly other: string; readonly url: string };
  "url.everywhere": { readonly name: string };
  /** `host`: what to write instead, if anything tells. */
  "url.localhost": {
    readonly name: string;
    readonly others: readonly string[];
    readonly host: string | null;
  };
  "client.localhost": { readonly name: string };
  "port.same": { readonly name: string; readonly port: number };
  "host.all": Record<never, never>;
  /** `isFatal`: without them the rest has no quorum. */
  "host.shared": { readonly host: string; readonly names: readonly string[]; readonly isFatal: boolean };
  "token.none": Record<never, never>;
  "token.default": Record<never, never>;
  "discovery.none": Record<never, never>;
  "discovery.public": Record<never, never>;
  "dns.none": Record<never, never>;
  "dns.address": { readonly name: string; readonly url: string };
  "etcd.refuses": { readonly name: string; readonly why: string };
}

export type SetupWarningKey = keyof WarningValues;

export type SetupWarning = {
  readonly [K in SetupWarningKey]: {
    readonly key: K;
    /** Whose field it is about; null for all of them. */
    readonly machine: string | null;
    readonly values: WarningValues[K];
  };
}[SetupWarningKey];

type Texts = { readonly [K in SetupWarningKey]: (values: WarningValues[K]) => string };

const ENGLISH: Texts = {
  "size.none": ({ size }) => `There is nothing to start. A cluster has 1 to 9 members, not ${size}.`,
  "size.one": () => "Everything stops when it stops. One member tolerates no failure.",
  "size.two": () => "Losing either one stops both. Two members need two.",
  "size.even": ({ size, tolerates }) =>
    `${size} may lose ${tolerates}, as ${size - 1} may. Cut ${size / 2} | ${size / 2}, both halves stop.`,
  "size.large": ({ size }) => `The leader sends every write ${size - 1} times. etcd advises no more than 7.`,
  "name.bad": ({ name }) => `etcd cannot be told apart by "${name}". Use letters, digits, dots and dashes.`,
  "name.twice": ({ name }) => `Neither ${name} starts. Two members of one name look like one with two URLs.`,
  "url.bad": ({ name, why }) => `${name} does not start. ${why}`,
  "url.twice": ({ name, other, url }) => `Neither starts. ${name} and ${other} have one peer URL, ${url}.`,
  "url.everywhere": ({ name }) =>
    `Nobody reaches ${name}. 0.0.0.0 is for listening; advertise an address of the machine.`,
  "url.localhost": ({ name, others }) =>
    `${listEn(others)} cannot reach ${name}. There, localhost means themselves.`,
  "client.localhost": ({ name }) =>
    `Clients elsewhere cannot reach ${name}. It tells them localhost, which means themselves.`,
  "port.same": ({ name, port }) => `${name} does not start. Peers and clients cannot share port ${port}.`,
  "host.all": () => "One power cut stops them all. Members on one machine are for practice.",
  "host.shared": ({ host, names, isFatal }) =>
    isFatal
      ? `When ${host} stops, the cluster stops. ${listEn(names)} stand on it.`
      : `When ${host} stops, ${listEn(names)} stop together. Give each a machine of its own.`,
  "token.none": () => "Two clusters made from this form would have the same ids. Give it a token.",
  "token.default": () =>
    "A second cluster at these URLs would have the same ids. This is etcd's default token.",
  "discovery.none": () =>
    "Nobody finds anybody. Discovery needs the URL of a service, with a token at its end.",
  "discovery.public": () =>
    "etcd 3.6 cannot use it: the public service speaks the v2 API. Up to 3.5 it works, once for each token.",
  "dns.none": () => "Nobody finds anybody. Name the domain that holds the SRV records.",
  "dns.address": ({ name, url }) =>
    `${name} does not find itself. SRV records hold names, and ${url} is an address.`,
  "etcd.refuses": ({ name, why }) => `${name} does not start. etcd says: ${why}`,
};

const CHINESE: Texts = {
  "size.none": ({ size }) => `没有可启动的成员。集群要有 1 到 9 个成员，不是 ${size} 个。`,
  "size.one": () => "它停，一切都停。一个成员不能容忍任何故障。",
  "size.two": () => "坏哪一个，两个都停。两个成员必须两个都在。",
  "size.even": ({ size, tolerates }) =>
    `${size} 个最多坏 ${tolerates} 个，和 ${size - 1} 个一样。切成 ${size / 2} | ${size / 2}，两边都停。`,
  "size.large": ({ size }) => `每次写入，领导者要发 ${size - 1} 遍。etcd 建议不超过 7 个。`,
  "name.bad": ({ name }) => `“${name}”没法当名字。请用字母、数字、点和连字符。`,
  "name.twice": ({ name }) => `两个 ${name} 都启动不了。同名的两个成员看上去像一个成员有两个地址。`,
  "url.bad": ({ name, why }) => `${name} 启动不了。${why}`,
  "url.twice": ({ name, other, url }) => `两个都启动不了。${name} 和 ${other} 的同伴地址都是 ${url}。`,
  "url.everywhere": ({ name }) => `谁也找不到 ${name}。0.0.0.0 只能用来侦听，公告要写机器的地址。`,
  "url.localhost": ({ name, others }) =>
    `${others.join("、")} 连不上 ${name}。在它们那里，localhost 指的是自己。`,
  "client.localhost": ({ name }) => `别处的客户端连不上 ${name}。它公告的是 localhost，指的是客户端自己。`,
  "port.same": ({ name, port }) => `${name} 启动不了。同伴和客户端不能共用端口 ${port}。`,
  "host.all": () => "断一次电，全部都停。同一台机器上的集群只适合练习。",
  "host.shared": ({ host, names, isFatal }) =>
    isFatal
      ? `${host} 一停，集群就停。${names.join("、")} 都在这台机器上。`
      : `${host} 一停，${names.join("、")} 一起停。请各用一台机器。`,
  "token.none": () => "用这份表单建的两个集群会有同样的 id。请填一个令牌。",
  "token.default": () => "在这些地址上再建一个集群，id 会相同。这是 etcd 的默认令牌。",
  "discovery.none": () => "谁也找不到谁。发现服务需要一个以令牌结尾的完整地址。",
  "discovery.public": () => "etcd 3.6 用不了：公共服务使用 v2 接口。3.5 及以前可用，一个令牌只用一次。",
  "dns.none": () => "谁也找不到谁。请填写存放 SRV 记录的域名。",
  "dns.address": ({ name, url }) => `${name} 找不到自己。SRV 记录里是域名，而 ${url} 是地址。`,
  "etcd.refuses": ({ name, why }) => `${name} 启动不了。etcd 会说：${why}`,
};

/** A warning in the words of a language. */
export function setupSentence({ key, values }: SetupWarning, language: Language): string {
  // The key picks the line that takes exactly these values; the compiler cannot follow that through the union.
  const texts = language === "en" ? ENGLISH : CHINESE;
  return (texts[key] as (values: SetupWarning["values"]) => string)(values);
}

function listEn(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
