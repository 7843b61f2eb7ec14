// Clients that work by themselves: so many write, so many read, each at most so often. They run on the cluster's own
// clock, so a paused cluster is not asked anything and a slow one is asked slowly.

import { utf8 } from "../../core/base/bytes.ts";
import { putRequest, rangeRequest } from "../../core/kv/requests.ts";
import type { Session } from "./session.svelte.ts";

export interface LoadPlan {
  /** 0 to 16 each. */
  readonly writers: number;
  readonly readers: number;
  /** Requests a second of the cluster's time that each client makes at most; 0: one after another without a pause. */
  readonly perSecond: number;
  /** How many keys they share. */
  readonly keys: number;
  readonly serializable: boolean;
  /** A member's name, "leader", or "any" for one after another. */
  readonly endpoint: string;
}

export const FIRST_LOAD: LoadPlan = {
  writers: 2,
  readers: 1,
  perSecond: 10,
  keys: 3,
  serializable: false,
  endpoint: "leader",
};

/** Everybody at once, without a pause. */
export const STRESS_LOAD: LoadPlan = {
  writers: 16,
  readers: 0,
  perSecond: 0,
  keys: 10,
  serializable: false,
  endpoint: "leader",
};

/** Real milliseconds between two looks at the clock. */
const LOOK_MS = 8;
/** Virtual milliseconds a client waits after it was refused: it does not hammer at a closed door. */
const REFUSED_MS = 120;

export class Load {
  plan: LoadPlan = $state.raw(FIRST_LOAD);
  running = $state(false);
  /** Requests that were answered well, and that were not, since it was started. */
  answered = $state(0);
  refused = $state(0);

  readonly #session: Session;
  #epoch = 0;
  #counter = 0;
  #turn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  start(plan: LoadPlan): void {
    this.stop();
    this.plan = plan;
    this.running = true;
    [this.answered, this.refused] = [0, 0];
    const epoch = ++this.#epoch;
    for (let at = 1; at <= plan.writers; at++) void this.#client(`w${at}`, epoch);
    for (let at = 1; at <= plan.readers; at++) void this.#client(`r${at}`, epoch);
  }

  stop(): void {
    this.running = false;
    this.#epoch += 1;
  }

  async #client(name: string, epoch: number): Promise<void> {
    const pauseMs = this.plan.perSecond === 0 ? 0 : 1000 / this.plan.perSecond;
    // Clients do not march in step.
    let dueMs = this.#session.now() + (pauseMs * (this.#counter++ % 8)) / 8;
    let turn = this.#counter;
    while (epoch === this.#epoch) {
      if (this.#session.frame.clock.paused || this.#session.now() < dueMs) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      const askedMs = this.#session.now();
      const well = await this.#once(name, turn++);
      if (well) this.answered += 1;
      else this.refused += 1;
      dueMs = Math.max(askedMs + pauseMs, this.#session.now() + (well ? 0 : REFUSED_MS));
    }
  }

  async #once(name: string, turn: number): Promise<boolean> {
    const { keys, serializable } = this.plan;
    const key = utf8(`k${1 + (turn % Math.max(1, keys))}`);
    const request = name.startsWith("w")
      ? putRequest({ key, value: utf8(String(++this.#counter)) })
      : rangeRequest({ key, serializable });
    try {
      return (await this.#session.request(name, this.#endpoint(), request)).kind === "ok";
    } catch {
      return false;
    }
  }

  #endpoint(): string | null {
    const { endpoint } = this.plan;
    if (endpoint === "leader") return null;
    if (endpoint !== "any") return endpoint;
    const up = this.#session.members.filter(({ state }) => state === "running");
    return up[this.#turn++ % Math.max(1, up.length)]?.name ?? null;
  }
}

const loads = new WeakMap<Session, Load>();

/** The page's one load: it goes on when its drawer is closed. */
export function loadOf(session: Session): Load {
  let load = loads.get(session);
  if (load === undefined) {
    load = new Load(session);
    loads.set(session, load);
  }
  return load;
}
