// `window.flotilla`: the page's verbs for the browser's console, scripts and tests. The same verbs as the buttons, with
// promises that reject with a plain sentence.

import type { ClusterPlan, KeyAnswer } from "../workers/browser/cluster_api.ts";
import { nameOf, shownRole, type ShownRole } from "./state/reading.ts";
import type { Session } from "./state/session.svelte.ts";

/** A member as the console shows it. */
export interface ConsoleMember {
  readonly name: string;
  readonly id: string;
  readonly role: ShownRole;
  readonly term: number;
  /** Name of the leader it follows; null when it knows none. */
  readonly leader: string | null;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly revision: number;
  /** Hash of all its keys: equal on members that are equal. */
  readonly hash: string;
}

export interface FlotillaConsole {
  /** Prints what there is. */
  help(): void;
  members(): ConsoleMember[];
  /** Name of the leader that a quorum follows or, failing that, of the one with the highest term; null without one. */
  leader(): string | null;
  /** A power cut: the member's worker is terminated on the spot. Its disk stays. */
  crash(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  /** Its own clock stands still, as under SIGSTOP. */
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Its election timer strikes now. */
  elect(name: string): Promise<void>;
  /** Stops messages from `a` to `b`, and back unless `oneWay`. */
  cut(a: string, b: string, oneWay?: boolean): Promise<void>;
  mend(a: string, b: string, oneWay?: boolean): Promise<void>;
  /** Mends every link. */
  heal(): Promise<void>;
  /** @param at a member's name; without one the page chooses. */
  put(key: string, value: string, at?: string): Promise<{ revision: number }>;
  /** Null when there is no such key. `serializable` reads a member's own copy, which may be old. */
  get(key: string, options?: { at?: string; serializable?: boolean }): Promise<KeyAnswer | null>;
  del(key: string, at?: string): Promise<{ deleted: number; revision: number }>;
  /** Cluster seconds per real second, 1/1000 to 1: at 1/80 a message flies about a second. Ends the automatic speed. */
  speed(scale: number): void;
  pauseClock(): void;
  resumeClock(): void;
  /** Throws this cluster and its disks away and starts another; what `plan` leaves out stays as it is. */
  startOver(plan?: Partial<ClusterPlan>): Promise<void>;
}

declare global {
  interface Window {
    flotilla: FlotillaConsole;
  }
}

const HELP = `Flotilla: a Raft cluster in this tab.

  flotilla.members()              what every member knows of itself
  flotilla.leader()               name of the leader, or null
  flotilla.crash("infra1")        kill -9: its worker ends, its disk stays
  flotilla.restart("infra1")      it reads its disk and comes back
  flotilla.pause("infra1")        kill -STOP;  flotilla.resume("infra1")
  flotilla.elect("infra2")        its election timer strikes now
  flotilla.cut("infra1", "infra2")          no message passes, either way
  flotilla.cut("infra1", "infra2", true)    infra2 no longer hears infra1
  flotilla.mend("infra1", "infra2");  flotilla.heal()
  await flotilla.put("x", "7")    also put("x", "7", "infra3"): through infra3
  await flotilla.get("x")         also get("x", { at: "infra3", serializable: true })
  await flotilla.del("x")
  flotilla.speed(1/80)            cluster seconds per real second
  flotilla.pauseClock();  flotilla.resumeClock()
  await flotilla.startOver({ size: 5 })     a new cluster; the disks are thrown away`;

export function installConsole(session: Session): void {
  globalThis.window.flotilla = {
    help: () => console.log(HELP),
    members: () =>
      session.frame.members.map((member) => ({
        name: member.name,
        id: member.id,
        role: shownRole(member),
        term: member.view?.term ?? 0,
        leader: member.view?.leader ? nameOf(session.frame, member.view.leader) : null,
        commit: member.view?.commit ?? 0,
        applied: member.view?.applied ?? 0,
        lastIndex: member.view?.lastIndex ?? 0,
        revision: member.view?.revision ?? 0,
        hash: member.view?.kvHash ?? "",
      })),
    leader: () => session.leader?.name ?? null,
    crash: (name) => session.crash(name),
    restart: (name) => session.restart(name),
    pause: (name) => session.pause(name),
    resume: (name) => session.resume(name),
    elect: (name) => session.elect(name),
    cut: (a, b, oneWay) => session.cut(a, b, oneWay),
    mend: (a, b, oneWay) => session.mend(a, b, oneWay),
    heal: () => session.heal(),
    put: (key, value, at) => session.put(key, value, at),
    get: (key, options) => session.get(key, options),
    del: (key, at) => session.del(key, at),
    speed: (scale) => session.speed(scale),
    pauseClock: () => session.pauseClock(),
    resumeClock: () => session.resumeClock(),
    startOver: (plan = {}) => session.startOver({ ...session.frame.plan, ...plan }),
  };
}
