// A prompt over a simulated cluster: every step of a command is carried out at once, in virtual time.

import { isEtcdError } from "../../../../core/base/etcd_error.ts";
import type { ClientRequest, ClientResponse } from "../../../../core/member/io.ts";
import { ETCD_RULES, TEACHING_TIMING } from "../../../../core/member/options.ts";
import { ClusterSim } from "../../../../core/sim/cluster_sim.ts";
import { type CtlAnswer, type CtlResume, type CtlStep, runLine } from "../../../../core/etcd/ctl/mod.ts";

/** More than any command may take. */
const ANSWER_MS_MAX = 60_000;

export interface Transcript {
  readonly out: string;
  readonly error: string;
  readonly exitCode: number;
}

export class SimulatedShell {
  readonly sim: ClusterSim;
  readonly #responses = new Map<number, ClientResponse[]>();
  readonly #stopped = new Set<string>();

  constructor(size = 3) {
    this.sim = new ClusterSim({
      seed: 7,
      size,
      timing: TEACHING_TIMING,
      rules: ETCD_RULES,
      link: { delayMsMin: 3, delayMsMax: 5, lossPerMille: 0, duplicatePerMille: 0 },
      diskDelayMsMin: 1,
      diskDelayMsMax: 2,
      clockDriftPerMille: 0,
      snapshotCount: 1000,
      catchUpEntries: 100,
      segmentBytesMax: 1 << 20,
    }, [{
      onResponse: (requestId, response) => {
        this.#responses.set(requestId, [...(this.#responses.get(requestId) ?? []), response]);
      },
    }]);
    this.sim.runUntil((sim) => sim.leader() !== null, ANSWER_MS_MAX);
    // Every member has told the others its name and address.
    this.sim.runFor(2_000);
  }

  get leaderName(): string {
    return this.sim.view(this.sim.leader()!)!.name;
  }

  /** Types a line; `input` is what is typed after it. */
  type(line: string, input: readonly string[] = []): Transcript {
    const names = this.sim.ids.map((_, at) => `infra${at + 1}`);
    const run = runLine(line, {
      endpoints: ["127.0.0.1:2379"],
      processes: names.map((name, at) => ({ name: `etcd${at + 1}`, isRunning: !this.#stopped.has(name) })),
      unixSeconds: 1_600_000_000,
    });
    const lines = { out: [] as string[], error: [] as string[] };
    const typed = [...input];
    let resume: CtlResume = undefined;
    for (;;) {
      const next = run.next(resume);
      if (next.done) {
        return { out: lines.out.join("\n"), error: lines.error.join("\n"), exitCode: next.value };
      }
      if (next.value.kind === "print") lines[next.value.stream].push(next.value.text);
      resume = this.#carryOut(next.value, typed);
    }
  }

  #carryOut(step: CtlStep, typed: string[]): CtlResume {
    switch (step.kind) {
      case "ask":
        return this.#ask(step.endpoint, step.request);
      case "line":
        return typed.shift() ?? null;
      case "wait":
        this.sim.runFor(step.ms);
        return undefined;
      case "process": {
        const name = step.name.replace("etcd", "infra");
        if (step.verb === "stop") this.#stopped.add(name);
        else this.#stopped.delete(name);
        return this.sim.act({
          kind: step.verb === "stop" ? "crash" : "restart",
          member: this.sim.idOf(name),
        });
      }
      case "watch":
      case "watchNext":
        return { kind: "ended" };
      case "print":
        return undefined;
    }
  }

  #ask(endpoint: string, request: ClientRequest): CtlAnswer {
    const address = endpoint.replace(/^https?:\/\//, "");
    const place = this.sim.views().find(({ id, members }) =>
      members.find((info) => info.id === id)?.clientUrls.some((url) => url.endsWith(address)) ?? false
    );
    if (place === undefined || this.#stopped.has(place.name)) return { kind: "unreachable" };
    const beganMs = this.sim.nowMs;
    const requestId = this.sim.request(place.id, request);
    this.sim.runUntil(() => this.#responses.has(requestId), ANSWER_MS_MAX);
    const [response] = this.#responses.get(requestId) ?? [];
    if (response === undefined) return { kind: "unreachable" };
    // etcd's client goes elsewhere, or gives up, when a member has no leader to ask.
    if (isEtcdError(response) && response.code === "deadlineExceeded") return { kind: "unreachable" };
    return { kind: "answered", response, tookMs: this.sim.nowMs - beganMs };
  }
}
