// A cluster in a tab, in a real Chromium: real workers, real terminations, a real IndexedDB. What the page may rely
// on is asked through `ClusterHost`; how it is drawn is tested elsewhere.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { ClusterFrame, ClusterPlan, HostedMember } from "../../workers/browser/cluster_api.ts";
import { browserTest, listenForComplaints } from "./browser.ts";
import type { Harness } from "./harness/main.ts";

declare const harness: Harness;

browserTest(
  "a first visit has a leader within five seconds, under the tutorial's ids",
  "harness",
  async ({ page }) => {
    const startedAtMs = performance.now();
    await open(page, {});
    await waitForLeader(page);
    const tookMs = performance.now() - startedAtMs;

    assert.ok(tookMs < 5_000, `the first leader took ${tookMs} ms`);
    console.log(`first leader after ${Math.round(tookMs)} ms`);
    const { members, returned, clock } = await frameOf(page);
    assert.deepEqual(
      members.map(({ name, id }) => [name, id]),
      [["infra1", "8211f1d0f64f3269"], ["infra2", "91bc3c398fb3c146"], ["infra3", "fd422379fda50e48"]],
    );
    assert.equal(members[0]!.view!.clusterId, "ef37ad9dc622a7c4");
    assert.equal(returned, null);
    assert.equal(clock.scale, 1 / 80, "the opening is over, the clock settled at teaching speed");
  },
);

browserTest(
  "when the leader crashes another takes over, and it catches up after its restart",
  "harness",
  async ({ page }) => {
    await openFast(page);
    const first = await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.put("before", "1"));
    await page.evaluate((name) => harness.cluster!.crash(name), first.name);
    const second = await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.put("after", "2"));

    assert.notEqual(second.name, first.name);
    assert.ok(second.view!.term > first.view!.term);
    const stopped = memberOf(await frameOf(page), first.name);
    assert.equal(stopped.state, "stopped");
    assert.equal(stopped.view!.term, first.view!.term, "the last view of a stopped member stays");

    await page.evaluate((name) => harness.cluster!.restart(name), first.name);
    await waitForAgreement(page, { members: 3, revision: 3 });

    const back = memberOf(await frameOf(page), first.name);
    assert.ok(back.view!.recovered.entryCount > 0, "it read its own log");
  },
);

browserTest(
  "what is cut off decides nothing, and agrees again once the links are mended",
  "harness",
  async ({ page }) => {
    await openFast(page, { size: 5 });
    const leader = await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.put("k", "old"));
    const minority = [
      leader.name,
      (await frameOf(page)).members.find(({ name }) => name !== leader.name)!.name,
    ];
    await page.evaluate(async (minority) => {
      const others = harness.cluster!.frame.members.map(({ name }) => name).filter((name) =>
        !minority.includes(name)
      );
      for (const a of minority) for (const b of others) await harness.cluster!.cut(a, b);
    }, minority);

    const lost = page.evaluate((at) => harness.cluster!.put("k", "lost", at).catch(String), leader.name);
    await page.waitForFunction((minority) => {
      return harness.cluster!.frame.members.some(({ name, view }) =>
        !minority.includes(name) && view?.role === "leader"
      );
    }, minority);
    const newLeader = (await frameOf(page)).members.find(({ name, view }) =>
      !minority.includes(name) && view?.role === "leader"
    )!;
    await page.evaluate((at) => harness.cluster!.put("k", "kept", at), newLeader.name);
    assert.match(String(await lost), /^Error: etcdserver: request timed out/);
    const seenByMinority = await page.evaluate(
      (at) => harness.cluster!.get("k", { at, serializable: true }),
      minority[1],
    );
    assert.equal(seenByMinority!.value, "old");

    await page.evaluate(() => harness.cluster!.heal());
    await waitForAgreement(page, { members: 5, revision: 3 });
    const answer = await page.evaluate((at) => harness.cluster!.get("k", { at }), leader.name);
    assert.equal(answer!.value, "kept");
  },
);

browserTest("a reloaded tab brings the same cluster back from its disks", "harness", async ({ page }) => {
  await openFast(page);
  await waitForLeader(page);
  for (const value of ["1", "2", "3"]) {
    await page.evaluate((value) => harness.cluster!.put("k", value), value);
  }
  await page.evaluate(() => harness.cluster!.del("k"));
  await waitForAgreement(page, { members: 3, revision: 5 });
  const before = await frameOf(page);

  await page.reload();
  await openFast(page, { size: 7 });
  const { returned } = await frameOf(page);
  await waitForLeader(page);
  await waitForAgreement(page, { members: 3, revision: 5 });

  const after = await frameOf(page);
  assert.equal(after.members[0]!.view!.kvHash, before.members[0]!.view!.kvHash);
  assert.equal(after.plan.seed, before.plan.seed, "the plan it was opened with counts, not the new one");
  assert.equal(returned?.memberCount, 3, "what was read is known as soon as the cluster is open");
  assert.ok(returned.entryCount >= 3 * 7, `replayed ${returned.entryCount} entries`);
  assert.deepEqual(after.returned, returned);
});

browserTest(
  "a second tab runs no member twice, and takes over when the first one closes",
  "harness",
  async (test) => {
    const { page, context, url, complaints } = test;
    await openFast(page);
    await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.put("k", "v"));
    const second = await context.newPage();
    listenForComplaints(second, complaints);
    await second.goto(url);
    await openFast(second);

    const { members } = await frameOf(second);
    assert.deepEqual(members.map(({ state }) => state), ["elsewhere", "elsewhere", "elsewhere"]);
    assert.match(members[0]!.why!, /^Another tab runs infra1\./);
    assert.match(
      await second.evaluate(() => harness.cluster!.put("k", "w").then(String, String)),
      /another tab/,
    );
    // A member that was crashed over there is not this tab's to start.
    await page.evaluate(() => harness.cluster!.crash("infra1"));
    await waitForLeader(page);
    assert.equal((await frameOf(second)).members[0]!.state, "elsewhere");

    await page.close();
    await waitForLeader(second);
    await waitForAgreement(second, { members: 3, revision: 2 });
    assert.ok((await frameOf(second)).returned!.entryCount > 0);
  },
);

browserTest(
  "a worker starts no member that another one holds, and goes on when it is let go",
  "harness",
  async (test) => {
    const { page, context, url } = test;
    await openFast(page);
    await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.crash("infra2"));
    const second = await context.newPage();
    await second.goto(url);
    await second.evaluate(async () => {
      const { held } = await navigator.locks.query();
      const neighbour = held!.find(({ name }) => name!.endsWith("/infra1"))!.name!;
      Object.assign(globalThis, { held: await harness.holdLock(neighbour.replace(/1$/, "2"), 1_000) });
    });

    await page.evaluate(() => harness.cluster!.restart("infra2"));
    await waitForState(page, "infra2", "elsewhere");
    await second.close();
    await waitForState(page, "infra2", "running");
  },
);

browserTest(
  "a paused member is replaced, keeps its frames, and follows once it is resumed",
  "harness",
  async ({ page }) => {
    await openFast(page);
    const first = await waitForLeader(page);
    // Its disk completes a write while it stands still: it must not take notice before it goes on.
    await page.evaluate(async (name) => {
      harness.cluster!.put("in flight", "v", name).catch(() => {});
      await harness.cluster!.pause(name);
    }, first.name);
    await page.waitForFunction((name) => {
      return harness.cluster!.frame.members.some((member) =>
        member.name !== name && member.view?.role === "leader"
      );
    }, first.name);
    const paused = memberOf(await frameOf(page), first.name);
    assert.equal(paused.state, "paused");
    assert.equal(paused.view!.role, "leader", "nobody told it yet");
    assert.equal(paused.view!.disk.writeInFlight, true);
    const refusal = await page.evaluate(
      (at) => harness.cluster!.put("k", "v", at).then(String, String),
      first.name,
    );
    assert.match(refusal, /is paused/);

    await page.evaluate((name) => harness.cluster!.resume(name), first.name);
    await page.waitForFunction((name) => {
      return harness.cluster!.frame.members.find((member) => member.name === name)!.view!.role === "follower";
    }, first.name);
    const { revision } = await page.evaluate(() => harness.cluster!.put("k", "v"));
    await waitForAgreement(page, { members: 3, revision });
  },
);

browserTest(
  "an election timer that strikes early wins by the textbook's rules, not by etcd's",
  "harness",
  async ({ page }) => {
    await openFast(page, { rules: "textbook" });
    const first = await waitForLeader(page);
    const other = (await frameOf(page)).members.find(({ name }) => name !== first.name)!;
    await page.evaluate((name) => harness.cluster!.elect(name), other.name);
    await page.waitForFunction((name) => {
      return harness.cluster!.frame.members.find((member) => member.name === name)!.view!.role === "leader";
    }, other.name);

    await page.evaluate(() =>
      harness.cluster!.startOver({ size: 3, profile: "teaching", rules: "etcd", seed: 7 })
    );
    const leader = await waitForLeader(page);
    const follower = (await frameOf(page)).members.find(({ name }) => name !== leader.name)!;
    await page.evaluate((name) => harness.cluster!.elect(name), follower.name);
    // Those who hear from a leader grant no pre-vote, so the term stays.
    await page.waitForFunction((id) => {
      const asked = harness.cluster!.frame.events.findLastIndex(({ event }) => event.kind === "operator");
      return harness.cluster!.frame.events.slice(asked).some(({ member, event }) =>
        member === id && event.kind === "role" && event.role === "preCandidate"
      );
    }, follower.id);
    await page.evaluate(() => harness.cluster!.put("k", "v"));
    assert.equal((await waitForLeader(page)).view!.term, leader.view!.term);
  },
);

browserTest(
  "a clock that stands still stops everything, and a verb says so instead of hanging",
  "harness",
  async ({ page }) => {
    await openFast(page);
    await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.pauseClock());
    const stoodAtMs = await page.evaluate(() => harness.cluster!.now());

    const refusal = await page.evaluate(() => harness.cluster!.put("k", "v").then(String, String));

    assert.match(refusal, /the clock is paused/);
    assert.equal(await page.evaluate(() => harness.cluster!.now()), stoodAtMs);
    await page.evaluate(() => harness.cluster!.resumeClock());
    assert.ok((await page.evaluate(() => harness.cluster!.put("k", "w"))).revision >= 2);
  },
);

browserTest(
  "a page that hangs or is hidden holds the clock, and nothing is caught up",
  "harness",
  async ({ page }) => {
    await openFast(page, { profile: "etcd" });
    const leader = await waitForLeader(page);
    const passedMs = await page.evaluate(async () => {
      const before = harness.cluster!.now();
      const hangUntilMs = performance.now() + 3_000;
      while (performance.now() < hangUntilMs);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return harness.cluster!.now() - before;
    });
    assert.ok(passedMs < 1_000, `${passedMs} virtual ms passed while the page hung for 3000`);
    assert.ok((await operatorVerbs(page)).includes("resumeClock late"));
    const { members, nowMs } = await page.evaluate(() => {
      return { members: harness.cluster!.frame.members, nowMs: harness.cluster!.now() };
    });
    for (const { name, viewAtMs } of members) {
      assert.ok(viewAtMs <= nowMs, `${name} lived on until ${viewAtMs}`);
    }

    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    assert.equal((await frameOf(page)).clock.pausedBecause, "hidden");
    const stoodAtMs = await page.evaluate(() => harness.cluster!.now());
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    assert.equal(await page.evaluate(() => harness.cluster!.now()), stoodAtMs);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });

    await page.evaluate(() => harness.cluster!.put("k", "v"));
    const after = await waitForLeader(page);
    assert.equal(after.view!.term, leader.view!.term, "no election came of it");
  },
);

browserTest(
  "what strangers post on a member's channel is dropped and counted",
  "harness",
  async ({ page }) => {
    await openFast(page);
    const leader = await waitForLeader(page);
    await page.evaluate(async (to) => {
      const { held } = await navigator.locks.query();
      const incarnation = held!.find(({ name }) => name!.endsWith("/infra1"))!.name!.split("/")[1]!;
      const channel = new BroadcastChannel(`flotilla/${incarnation}/${to}`);
      const frame = Uint8Array.of(1, 2, 3);
      const envelope = {
        cluster: "ef37ad9dc622a7c4",
        incarnation,
        from: "00000000000000aa",
        to,
        messageId: "x",
        sentAtMs: 0,
        deliverAtMs: 0,
        frame,
      };
      for (
        const nonsense of [
          null,
          "hello",
          17,
          {},
          { ...envelope, cluster: "ef37ad9dc622a7c5" },
          { ...envelope, incarnation: "before" },
          { ...envelope, from: to },
          { ...envelope, frame: "text" },
          { ...envelope, deliverAtMs: Infinity },
        ]
      ) channel.postMessage(nonsense);
      channel.postMessage(envelope);
    }, leader.id);

    await page.waitForFunction(() => {
      const { strangers, malformed } = harness.cluster!.dropped;
      return strangers === 9 && malformed === 1;
    });
    assert.equal((await page.evaluate(() => harness.cluster!.put("k", "v"))).revision, 2);
  },
);

browserTest(
  "a member whose disk was tampered with refuses to run and says why; the others go on",
  "harness",
  async ({ page }) => {
    await openFast(page);
    await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.crash("infra3"));
    await waitForLeader(page);
    const name = await page.evaluate(async () => {
      const names = (await indexedDB.databases()).map(({ name }) => name!);
      const infra3 = names.find((name) => name.endsWith("/infra3"))!;
      await harness.tamper(infra3, ["zzz", 100], Uint8Array.of(1));
      return infra3;
    });

    await page.evaluate(() => harness.cluster!.restart("infra3"));
    await waitForState(page, "infra3", "refused");

    const refused = memberOf(await frameOf(page), "infra3");
    assert.equal(refused.why, "Its disk cannot be read: 100 bytes of zzz are missing at 0.", name);
    await page.evaluate(() => harness.cluster!.put("k", "v"));
  },
);

browserTest("starting over throws the disks away and begins another cluster", "harness", async ({ page }) => {
  await openFast(page);
  await waitForLeader(page);
  await page.evaluate(() => harness.cluster!.put("k", "v"));
  const before = await databases(page);

  await page.evaluate(() =>
    harness.cluster!.startOver({ size: 5, profile: "etcd", rules: "textbook", seed: 3 })
  );
  await waitForLeader(page);

  const { members, returned } = await frameOf(page);
  assert.equal(members.length, 5);
  assert.equal(returned, null);
  assert.equal(await page.evaluate(() => harness.cluster!.get("k")), null);
  const after = await databases(page);
  assert.equal(before.length, 4);
  assert.equal(after.length, 6);
  assert.deepEqual(after.filter((name) => before.includes(name)), ["flotilla"]);
});

browserTest(
  "a browser that lacks something is told apart by what it lacks",
  "harness",
  async ({ page, url }) => {
    const cases: [string, string][] = [
      ["Object.defineProperty(globalThis, 'Worker', { value: undefined })", "noWorkers"],
      ["Object.defineProperty(globalThis, 'indexedDB', { value: undefined })", "noIndexedDb"],
      ["indexedDB.open = () => { throw new DOMException('not here', 'SecurityError') }", "noIndexedDb"],
      ["indexedDB.open = () => { throw new DOMException('full', 'QuotaExceededError') }", "quota"],
      ["Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined })", "noBroadcastChannel"],
      ["Object.defineProperty(navigator, 'locks', { value: undefined })", "noLocks"],
    ];
    for (const [lack, expected] of cases) {
      await page.goto(url);
      await page.evaluate(lack);

      assert.equal(await page.evaluate(() => harness.openCluster({})), expected, lack);
    }
  },
);

browserTest(
  "a member whose storage is full stops and says so; what was acknowledged stays",
  "harness",
  async (test) => {
    const { page, context, url } = test;
    const devtools = await context.newCDPSession(page);
    const origin = new URL(url).origin;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 2_000_000 });
    await openFast(page, { size: 1 });
    await waitForLeader(page);
    await page.evaluate(() => harness.cluster!.put("k", "kept"));

    // Values that do not compress: what counts is what is stored.
    const outcome = await page.evaluate(async () => {
      for (let count = 0; count < 20; count++) {
        const noise = Array.from({ length: 50_000 }, () => Math.random().toString(36)).join("");
        const failure = await harness.cluster!.put("big", noise).then(() => null, String);
        if (failure !== null) return failure;
      }
      return "10 MB in a quota of 2 MB";
    });
    assert.match(outcome, /infra1 stopped before it answered/);
    const { state, why } = (await frameOf(page)).members[0]!;
    assert.deepEqual([state, why], ["stopped", "Its disk failed: the browser's storage is full."]);

    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await page.evaluate(() => harness.cluster!.restart("infra1"));
    await waitForLeader(page);
    assert.equal((await page.evaluate(() => harness.cluster!.get("k")))!.value, "kept");
  },
);

async function open(page: Page, plan: Partial<ClusterPlan>): Promise<void> {
  assert.equal(await page.evaluate((plan) => harness.openCluster(plan), { seed: 7, ...plan }), "open");
}

/** Opens the cluster with its clock at real time throughout. */
async function openFast(page: Page, plan: Partial<ClusterPlan> = {}): Promise<void> {
  await open(page, plan);
  await page.evaluate(() => harness.cluster!.speed(1));
}

function frameOf(page: Page): Promise<ClusterFrame> {
  return page.evaluate(() => harness.cluster!.frame);
}

function memberOf({ members }: ClusterFrame, name: string): HostedMember {
  return members.find((member) => member.name === name)!;
}

/** Waits until a running member leads a majority. */
async function waitForLeader(page: Page): Promise<HostedMember> {
  const leader = await page.waitForFunction(() => {
    const { members } = harness.cluster!.frame;
    const running = members.filter(({ state }) => state === "running");
    return running.find(({ id, view }) =>
      view?.role === "leader" &&
      running.filter((other) => other.view?.leader === id).length * 2 > members.length
    );
  });
  return await leader.jsonValue() as HostedMember;
}

async function waitForState(page: Page, name: string, state: string): Promise<void> {
  await page.waitForFunction(
    ([name, state]) => harness.cluster!.frame.members.find((member) => member.name === name)!.state === state,
    [name, state],
  );
}

/** Waits until this many running members hold the same keys at this revision. */
async function waitForAgreement(page: Page, expected: { members: number; revision: number }): Promise<void> {
  await page.waitForFunction(({ members, revision }) => {
    const running = harness.cluster!.frame.members.filter(({ state }) => state === "running");
    const hashes = running.flatMap(({ view }) => view?.revision === revision ? [view.kvHash] : []);
    return hashes.length === members && new Set(hashes).size === 1;
  }, expected);
}

async function operatorVerbs(page: Page): Promise<string[]> {
  const { events } = await frameOf(page);
  return events.flatMap(({ event }) =>
    event.kind === "operator" ? [[event.verb, ...event.names].join(" ")] : []
  );
}

async function databases(page: Page): Promise<string[]> {
  return await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name!));
}
