// Moments of logs: entries that part, entries that are lost although a majority had them, entries that come back.

import type { Director } from "./director.ts";
import type { Moment } from "./moment.ts";

const lastIndex = (director: Director, number: number): number => director.view(number).lastIndex;

export const overwritten: Moment = {
  slug: "an-entry-given-up",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 3 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "1");
    director.level();
    director.mute(1, [2, 3]);
    director.put(1, "x", "2");
    director.until(
      "it is on the leader's own disk",
      () => director.view(1).durableIndex > lastIndex(director, 2),
    );
    director.leave(1);
    director.hold([3]);
    director.until("infra2 leads", () => director.leads(2));
    director.put(2, "x", "3");
    director.until(
      "the next entry is committed",
      () => director.view(2).revision === director.view(3).revision + 1,
    );
    director.hold([1, 3]);
    director.restart(1);
    director.untilEvent(
      "infra1 gives its entry up",
      ({ member, event }) => member === director.id(1) && event.kind === "overwritten",
    );
    director.moment();
    director.wait(300);
  },
};

/** Raft paper, figure 8: what a majority holds is not yet committed when it is of an older term. */
export const figure8: Moment = {
  slug: "figure-8",
  plan: { size: 5, profile: "teaching", rules: "textbook", seed: 8, limits: { appendBytesMax: 1 } },
  stage: (director) => {
    director.settle(1);
    const [base, term] = [lastIndex(director, 1), director.view(1).term];
    // (a) S1 leads and brings its entry to S2 only.
    director.mute(1, [3, 4, 5]);
    director.put(1, "x", "old");
    director.until("S2 has the entry", () => director.view(2).durableIndex === base + 1);
    director.leave(1);
    // (b) S5 is elected by S3 and S4, and puts an entry of its own in the same place.
    director.hold(director.others(5));
    director.elect(5);
    director.until(
      "S5's request is out",
      () => [2, 3, 4].every((number) => director.view(number).term > term),
    );
    director.mute(5, [2, 3, 4]);
    director.until("S5 leads", () => director.leads(5));
    director.until("its entry is on its disk", () => director.view(5).durableIndex === base + 1);
    director.leave(5);
    // (c) S1 is back, is elected, and brings its old entry to S3: three of five have it now.
    director.hold([2, 3, 4, 5]);
    director.restart(1);
    director.hold(director.others(1));
    director.elect(1);
    director.until("S1 leads again", () => director.leads(1));
    director.mute(1, [2, 4]);
    director.until("three of five have the old entry", () => director.view(3).durableIndex === base + 1);
    director.mute(1, [3]);
    director.leave(1);
    // (d) S5 is back, and may be elected: its last entry is of a later term than theirs.
    director.hold(director.others(5));
    director.restart(5);
    director.elect(5);
    director.until("S5 leads again", () => director.leads(5));
    director.untilEvent(
      "the old entry goes",
      ({ member, event }) => member === director.id(3) && event.kind === "overwritten",
    );
    director.moment();
    director.wait(120);
    director.restart(1);
    director.wait(400);
  },
};

/** Raft paper, figure 7: the leader at the top, and followers that lack entries, have too many, or both. */
export const figure7: Moment = {
  slug: "figure-7",
  plan: { size: 7, profile: "teaching", rules: "textbook", seed: 7, limits: { appendBytesMax: 1 } },
  stage: (director) => {
    const [leader, a, b, c, d, e, f] = director.all as readonly [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    /** Elects one with the votes of whoever hears it, and nobody hears anything from it after its request. */
    const electMuted = (number: number) => {
      const { term } = director.view(number);
      director.hold(director.others(number));
      director.elect(number);
      const voters = director.others(number).filter((other) =>
        director.run.sim.view(director.id(other)) !== null
      );
      director.until("its request is out", () => voters.every((voter) => director.view(voter).term > term));
      director.mute(number, director.others(number));
      director.until(`infra${number} leads`, () => director.leads(number));
    };
    const write = (number: number, count: number) => {
      for (let written = 0; written < count; written++) director.put(number, `${number}`, `${written + 1}`);
    };
    /** Waits until the log of each of these is so many entries longer than what all began with. */
    const grown = (lengths: readonly (readonly [number: number, length: number])[]) =>
      director.until(
        `logs of ${lengths.map(([number, length]) => `infra${number}: ${length}`).join(", ")}`,
        () => lengths.every(([number, length]) => director.view(number).durableIndex === base + length),
      );
    // Term 1: three entries that all have.
    director.settle(leader);
    const base = lastIndex(director, leader);
    write(leader, 3);
    director.level();
    director.leave(leader);

    // Terms 2 and 3: f leads twice, and nobody hears what it writes. An empty entry begins each term.
    electMuted(f);
    write(f, 2);
    grown([[f, 6]]);
    director.leave(f);
    director.restart(f);
    electMuted(f);
    write(f, 4);
    grown([[f, 11]]);
    director.leave(f);

    // Term 4: e leads; b hears its first entry, most hear two, and e alone has four.
    director.restart(leader);
    director.hold(director.others(e));
    director.elect(e);
    director.until("e leads", () => director.leads(e));
    grown([leader, a, b, c, d, e].map((number) => [number, 4] as const));
    director.mute(e, [b]);
    write(e, 1);
    grown([leader, a, c, d, e].map((number) => [number, 5] as const));
    director.mute(e, director.others(e, b));
    write(e, 2);
    grown([[e, 7]]);
    director.leave(e);
    director.crash(b);

    // Term 5: the one who will lead at last leads once before, with a, c and d.
    director.hold(director.others(leader));
    director.elect(leader);
    director.until("it leads", () => director.leads(leader));
    write(leader, 1);
    grown([leader, a, c, d].map((number) => [number, 7] as const));

    // Term 6: c leads; a misses its third entry, and nobody hears the fourth.
    director.hold(director.others(c));
    director.elect(c);
    director.until("c leads", () => director.leads(c));
    write(c, 1);
    grown([leader, a, c, d].map((number) => [number, 9] as const));
    director.mute(c, [a]);
    write(c, 1);
    grown([leader, c, d].map((number) => [number, 10] as const));
    director.mute(c, [leader, d]);
    write(c, 1);
    grown([[c, 11]]);
    director.leave(c);

    // Term 7: d leads, and nobody hears it.
    director.restart(b);
    electMuted(d);
    write(d, 1);
    grown([[d, 12]]);
    director.leave(d);

    // Term 8: everybody is back, and the leader at the top asks for votes.
    for (const number of [c, d, e, f]) director.restart(number);
    director.hold(director.others(leader));
    director.wait(30);
    director.elect(leader);
    director.untilEvent(
      "it asks for votes",
      ({ member, event }) =>
        member === director.id(leader) && event.kind === "role" && event.role === "candidate",
    );
    director.moment();
    director.until("it leads", () => director.leads(leader));
    director.level();
    director.wait(200);
  },
};

export const staleRead: Moment = {
  slug: "stale-read",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 13 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "old");
    director.level();
    director.hold([2, 3]);
    director.partition([1, 2], [3]);
    director.put(1, "x", "new");
    director.until(
      "two of three have the new value",
      () => director.view(2).revision > director.view(3).revision,
    );
    director.read(3, "x", true);
    director.wait(2);
    director.moment();
    // The same read, linearizable: nobody answers until the network is whole.
    director.read(3, "x", false);
    director.wait(500);
    director.heal();
    director.wait(400);
  },
};

export const snapshotCatchUp: Moment = {
  slug: "snapshot-catch-up",
  plan: {
    size: 3,
    profile: "teaching",
    rules: "etcd",
    seed: 17,
    limits: { snapshotCount: 8, catchUpEntries: 2 },
  },
  stage: (director) => {
    director.settle(1);
    const missed = lastIndex(director, 3) + 1;
    director.crash(3);
    for (let count = 1; count <= 16; count++) {
      director.put(1, `k${count % 4}`, String(count));
      director.wait(20);
    }
    director.until("the entry it needs next is cut", () => director.view(1).firstIndex > missed);
    director.hold([2, 3]);
    director.restart(3);
    director.untilEvent(
      "the leader sends a snapshot",
      ({ event }) => event.kind === "snapshot" && event.what === "sent",
    );
    director.moment();
    director.untilEvent(
      "infra3 takes its place",
      ({ member, event }) =>
        member === director.id(3) && event.kind === "snapshot" && event.what === "installed",
    );
    director.level();
    director.wait(200);
  },
};
