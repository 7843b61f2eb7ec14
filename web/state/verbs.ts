// What can be done to a member or a link right now, and why not. A verb that would change nothing keeps its place and
// carries its reason. Each names its twin in the real world, so that what is learnt here works on a real machine.

import type { ClusterFrame, HostedMember } from "../../workers/browser/cluster_api.ts";
import type { Strings } from "../text/en.ts";
import type { IconName } from "../view/icons.ts";
import { leaderOf, linkState } from "./reading.ts";

export type MemberVerb = "crash" | "restart" | "pause" | "resume" | "isolate" | "rejoin" | "elect" | "write";
export type LinkVerb = "cutBoth" | "cutOut" | "cutIn" | "mendOut" | "mendIn" | "mendBoth";

export interface Offer<V extends string> {
  readonly verb: V;
  readonly label: string;
  readonly icon: IconName;
  readonly key: string | null;
  /** The command that does the same to a real cluster; empty when there is none. */
  readonly twin: string;
  /** Why it is off; null when it can be used. */
  readonly off: string | null;
}

export function memberOffers(frame: ClusterFrame, member: HostedMember, text: Strings): Offer<MemberVerb>[] {
  const { name, state, view } = member;
  const t = text.verbs;
  const stopped = state === "stopped" || state === "refused";
  const away = state === "elsewhere" ? t.off.elsewhere : null;
  const asleep = stopped ? t.off.stopped(name) : state === "starting" ? t.off.starting(name) : away;
  const others = frame.members.filter((other) => other.id !== member.id);
  const isolated = others.length > 0 &&
    others.every((other) => linkState(frame.cuts, member.id, other.id) === "cut");
  const leader = leaderOf(frame);
  const offers: Offer<MemberVerb>[] = [
    stopped
      ? {
        verb: "restart",
        label: t.restart,
        icon: "play",
        key: "X",
        twin: `etcd --name ${name} …`,
        off: null,
      }
      : { verb: "crash", label: t.crash, icon: "crash", key: "X", twin: "kill -9", off: away },
    state === "paused"
      ? { verb: "resume", label: t.resume, icon: "play", key: "Z", twin: "kill -CONT", off: null }
      : { verb: "pause", label: t.pause, icon: "pause", key: "Z", twin: "kill -STOP", off: asleep },
    isolated
      ? { verb: "rejoin", label: t.rejoin, icon: "heal", key: null, twin: "iptables -F", off: null }
      : {
        verb: "isolate",
        label: t.isolate,
        icon: "wall",
        key: null,
        twin: "iptables … DROP",
        off: others.length === 0 ? t.off.alone : null,
      },
    {
      verb: "elect",
      label: t.elect,
      icon: "timer",
      key: "E",
      twin: "",
      off: asleep ??
        (state === "paused"
          ? t.off.paused(name)
          : view?.role === "leader"
          ? t.off.leads(name)
          : view?.role === "learner"
          ? t.off.learner
          : null),
    },
    {
      verb: "write",
      label: view?.role === "leader" ? t.write : t.writeThrough,
      icon: "write",
      key: "C",
      twin: leader !== null && leader.id !== member.id && asleep === null ? t.forwards(name) : "etcdctl put",
      off: asleep ?? (state === "paused" ? t.off.paused(name) : null),
    },
  ];
  return offers;
}

export function linkOffers(
  frame: ClusterFrame,
  a: HostedMember,
  b: HostedMember,
  text: Strings,
): Offer<LinkVerb>[] {
  const t = text.verbs;
  const state = linkState(frame.cuts, a.id, b.id);
  const outCut = state === "cut" || state === "cutOut";
  const inCut = state === "cut" || state === "cutIn";
  const drop = (from: string, change: "A" | "D") => `iptables -${change} INPUT -s ${from} -j DROP`;
  return [
    {
      verb: "cutBoth",
      label: t.cutBoth,
      icon: "knife",
      key: null,
      twin: "iptables … DROP",
      off: state === "cut" ? t.off.cut : null,
    },
    outCut
      ? {
        verb: "mendOut",
        label: t.mendOne(a.name, b.name),
        icon: "heal",
        key: null,
        twin: drop(a.name, "D"),
        off: null,
      }
      : {
        verb: "cutOut",
        label: t.cutOne(a.name, b.name),
        icon: "drop",
        key: null,
        twin: drop(a.name, "A"),
        off: null,
      },
    inCut
      ? {
        verb: "mendIn",
        label: t.mendOne(b.name, a.name),
        icon: "heal",
        key: null,
        twin: drop(b.name, "D"),
        off: null,
      }
      : {
        verb: "cutIn",
        label: t.cutOne(b.name, a.name),
        icon: "drop",
        key: null,
        twin: drop(b.name, "A"),
        off: null,
      },
    {
      verb: "mendBoth",
      label: t.mendBoth,
      icon: "heal",
      key: null,
      twin: "iptables -F",
      off: state === "open" ? t.off.notCut : null,
    },
  ];
}

/** The full command behind a verb, as it would be typed on the member's machine; empty when there is none. */
export function realTwin(verb: string, names: readonly string[]): string {
  const [a = "", b = ""] = names;
  switch (verb) {
    case "crash":
      return `kill -9 $(pgrep -f -- '--name ${a}')`;
    case "restart":
      return `etcd --name ${a} --data-dir ${a}.etcd …`;
    case "pause":
      return `kill -STOP $(pgrep -f -- '--name ${a}')`;
    case "resume":
      return `kill -CONT $(pgrep -f -- '--name ${a}')`;
    case "cut":
    case "cutOneWay":
      return `iptables -A INPUT -s ${a} -j DROP   # on ${b}`;
    case "mend":
    case "mendOneWay":
      return `iptables -D INPUT -s ${a} -j DROP   # on ${b}`;
    case "heal":
      return "iptables -F INPUT   # on every member";
    case "put":
      return `etcdctl put ${a}${b === "" ? "" : ` ${b}`}`;
    case "del":
      return `etcdctl del ${a}`;
    default:
      return "";
  }
}
