// Moments of elections: votes that split, leaders that nobody follows, terms that are saved or lost.

import type { Moment } from "./moment.ts";

export const splitVote: Moment = {
  slug: "split-vote",
  plan: { size: 5, profile: "teaching", rules: "textbook", seed: 2 },
  stage: (director) => {
    director.settle(1);
    director.crash(1);
    director.wait(40);
    // Two timers strike in one millisecond, and each of the two has one friend nearer to it than the rival is.
    for (const [from, to] of [[2, 3], [4, 5]] as const) {
      const [a, b] = [director.id(from), director.id(to)];
      director.act({ kind: "link", from: a, to: b, settings: { delayMsMin: 5, delayMsMax: 5 } });
    }
    director.elect(2);
    director.elect(4);
    const votesOf = (number: number) => director.view(number).votes;
    director.until("both have their answers", () => [2, 4].every((number) => votesOf(number).length >= 4));
    director.moment();
    director.release();
    director.until("a later term has a leader", () => director.run.sim.leader() !== null);
    director.wait(200);
  },
};

export const staleLeader: Moment = {
  slug: "stale-leader",
  plan: { size: 5, profile: "teaching", rules: "textbook", seed: 5 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "1");
    director.level();
    director.partition([1, 2], [3, 4, 5]);
    director.hold(director.others(3));
    director.put(1, "x", "2");
    director.elect(3);
    director.until("a second leader", () => director.leads(3) && director.leads(1));
    director.put(3, "x", "3");
    director.until("the newer one commits", () => director.view(3).revision > director.view(1).revision);
    director.moment();
    director.wait(400);
    director.heal();
    director.until("one leader again", () => !director.leads(1));
    director.level();
  },
};

export const preVote: Moment = {
  slug: "pre-vote-saves-a-term",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 7 },
  stage: (director) => {
    director.settle(1);
    director.hold([2]);
    director.partition([1, 2], [3]);
    for (let asked = 0; asked < 4; asked++) {
      director.untilEvent(
        "infra3 asks whether it would win",
        ({ member, event }) =>
          member === director.id(3) && event.kind === "role" && event.role === "preCandidate",
      );
    }
    director.moment();
    director.wait(60);
    director.heal();
    director.until("it follows again", () => director.view(3).leader === director.id(1));
    director.wait(200);
  },
};

export const lostTerms: Moment = {
  slug: "without-pre-vote",
  plan: { size: 3, profile: "teaching", rules: "textbook", seed: 7 },
  stage: (director) => {
    director.settle(1);
    director.hold([2]);
    director.partition([1, 2], [3]);
    const before = director.view(3).term;
    director.until("infra3 counts terms on its own", () => director.view(3).term >= before + 4);
    director.heal();
    director.until("the leader hears of a higher term", () => !director.leads(1));
    director.moment();
    director.release();
    director.until("somebody leads again", () => director.run.sim.leader() !== null);
    director.wait(200);
  },
};

export const chained: Moment = {
  slug: "chained-partition",
  plan: { size: 5, profile: "teaching", rules: "etcd", seed: 11 },
  stage: (director) => {
    director.settle(3);
    // Each hears its neighbours only: nobody but infra3 could count to three.
    director.partition([1, 2], [2, 3], [3, 4], [4, 5]);
    director.release();
    director.until(
      "both ends ask whether they would win",
      () => [1, 5].every((number) => director.view(number).role === "preCandidate"),
    );
    director.put(3, "x", "1");
    director.until(
      "the middle commits",
      () => [2, 3, 4].every((number) => director.view(number).revision === 2),
    );
    director.moment();
    director.wait(600);
    director.heal();
    director.level();
    director.wait(200);
  },
};

export const cleanCut: Moment = {
  slug: "clean-cut-of-four",
  plan: { size: 4, profile: "teaching", rules: "etcd", seed: 4 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "1");
    director.level();
    director.hold([]);
    director.partition([1, 2], [3, 4]);
    director.put(1, "x", "2");
    director.until("the leader notices that nobody answers", () => !director.leads(1));
    director.wait(150);
    director.moment();
    director.wait(900);
    director.heal();
    director.until("somebody leads", () => director.run.sim.leader() !== null);
    director.wait(300);
  },
};

export const transfer: Moment = {
  slug: "leadership-handed-over",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 21 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "1");
    director.level();
    director.hold([3]);
    director.act({ kind: "transfer", to: director.id(2) });
    director.untilEvent(
      "infra2 campaigns without waiting",
      ({ member, event }) => member === director.id(2) && event.kind === "role" && event.role === "candidate",
    );
    director.moment();
    director.until("infra2 leads", () => director.leads(2));
    director.wait(300);
  },
};
