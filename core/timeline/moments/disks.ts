// Moments of disks, switches and members: a write torn by a power cut, a bit that turned, a leader that removes itself.

import type { Moment } from "./moment.ts";

export const tornWrite: Moment = {
  slug: "torn-write",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 5 },
  stage: (director) => {
    director.settle(1);
    director.act({ kind: "slowDisk", member: director.id(3), delayMs: 60 });
    director.hold([2, 3]);
    director.put(1, "x", "a value long enough to be torn in two by the end of the power");
    director.until("infra3 writes", () => director.view(3).disk.writeInFlight);
    director.wait(10);
    director.crash(3);
    director.wait(60);
    director.act({ kind: "slowDisk", member: director.id(3), delayMs: 2 });
    director.restart(3);
    director.moment();
    director.level();
    director.wait(200);
  },
};

export const diskRot: Moment = {
  slug: "disk-rot",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 19 },
  stage: (director) => {
    director.settle(1);
    for (let count = 1; count <= 3; count++) director.put(1, "x", String(count));
    director.level();
    director.hold([2, 3]);
    director.crash(3);
    director.act({ kind: "corruptDisk", member: director.id(3), how: "rot", draw: 5 });
    director.wait(30);
    director.restart(3);
    director.moment();
    director.put(1, "x", "4");
    director.wait(300);
  },
};

export const removedLeader: Moment = {
  slug: "removed-leader",
  plan: { size: 3, profile: "teaching", rules: "etcd", seed: 23 },
  stage: (director) => {
    director.settle(1);
    director.hold([3]);
    const removal = { kind: "memberRemove", member: director.id(1) } as const;
    director.act({ kind: "request", member: director.id(1), request: removal });
    director.until(
      "the other two have it on disk",
      () => director.view(1).config.voters.length === 2 && director.leads(1),
    );
    director.moment();
    director.until("it is gone", () => director.state(1) === "removed");
    director.until("infra2 leads", () => director.leads(2));
    director.wait(300);
  },
};

export const halfSwitch: Moment = {
  slug: "half-switch",
  plan: { size: 5, profile: "teaching", rules: "etcd", seed: 29 },
  stage: (director) => {
    director.settle(1);
    director.put(1, "x", "1");
    director.level();
    director.hold(director.others(1));
    // A switch that lets the leader speak and keeps every answer from it.
    for (const other of director.others(1)) director.mute(other, [1]);
    director.put(1, "x", "2");
    director.until("the leader lets go", () => !director.leads(1));
    director.moment();
    director.release();
    director.until("another leads", () => director.run.sim.leader() !== null);
    director.wait(300);
    director.heal();
    director.wait(300);
  },
};
