// Who is meant: n1 for infra1, a role instead of a name, and back from ids to names.

import type { MemberId } from "../base/ids.ts";
import type { ClusterSim } from "../sim/cluster_sim.ts";
import { suggestion } from "./scenario_error.ts";

export class MemberNames {
  readonly #sim: ClusterSim;
  /** Members that the cluster has added, whether they have started or not: the last to bear a name has it. */
  readonly #announced = new Map<string, MemberId>();

  constructor(sim: ClusterSim) {
    this.#sim = sim;
    for (const id of sim.ids) this.#announced.set(sim.member(id).info.name, id);
  }

  /** From now on `name` means this member. */
  announce(name: string, id: MemberId): void {
    this.#announced.set(name, id);
  }

  /** `n4` for infra4, `n4'` when another has that name by now; an id without a name is cut short. */
  shown(id: MemberId): string {
    const name = [...this.#announced].find(([, known]) => known === id)?.[0];
    if (name !== undefined) return shortName(name);
    // One who left, and whose name another bears now.
    const former = this.#sim.ids.includes(id) ? this.#sim.member(id).info.name : null;
    return former === null ? id.slice(0, 6) : `${shortName(former)}'`;
  }

  /** Replaces every known id in a text by its name. */
  shownIn(text: string): string {
    return text.replace(/\b[0-9a-f]{16}\b/g, (id) => this.shown(id as MemberId));
  }

  /** All members that ever started, in order of name. */
  all(): readonly MemberId[] {
    return [...this.#sim.ids].sort((a, b) => compareNames(this.shown(a), this.shown(b)) || (a < b ? -1 : 1));
  }

  /**
   * Whom a word means: `n1`, `infra1`, `leader`, `follower` (the first by name), `followers[1]`, `learner`.
   * @returns the member, or what is wrong with the word.
   */
  resolve(word: string): { readonly id: MemberId } | { readonly trouble: string } {
    const role = /^(leader|follower|candidate|learner)s?(?:\[(\d+)\])?$/.exec(word);
    if (role) return this.#byRole(role[1]!, Number(role[2] ?? 0));
    const id = this.#announced.get(longName(word));
    if (id !== undefined) return { id };
    const known = [...[...this.#announced.keys()].map(shortName).sort(compareNames), "leader", "follower"];
    return {
      trouble: `no member is called "${word}" (there are ${known.join(", ")})${suggestion(word, known)}`,
    };
  }

  #byRole(role: string, place: number): { readonly id: MemberId } | { readonly trouble: string } {
    if (role === "leader") {
      const id = this.#sim.leader();
      return id === null ? { trouble: "nobody leads" } : { id };
    }
    const ids = this.all().filter((id) => {
      const shown = this.#sim.member(id).state === "running" ? this.#sim.view(id)?.role : null;
      return shown === role || (role === "candidate" && shown === "preCandidate");
    });
    const id = ids[place];
    return id === undefined ? { trouble: `there is no ${role} number ${place}` } : { id };
  }
}

/** n12 -> infra12; anything else stays. */
export function longName(word: string): string {
  return word.replace(/^n(?=[1-9]\d*$)/, "infra");
}

function shortName(name: string): string {
  return name.replace(/^infra(?=[1-9]\d*$)/, "n");
}

function compareNames(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
