// When etcd's two modes compact, in ticks of 100 ms; and that a leader does it through the log.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { putRequest } from "../../../core/kv/requests.ts";
import { AutoCompactor } from "../../../core/member/auto_compactor.ts";
import { HandsOnMember } from "./hands_on_member.ts";

const MINUTE_TICKS = 600;

/** The revision is the tick's number; gives [minute, minute compacted to] of each compaction. */
function minutesOf(
  compactor: AutoCompactor,
  minutes: number,
  leads: (minute: number) => boolean = () => true,
) {
  const compactions: [number, number][] = [];
  for (let tick = 1; tick <= minutes * MINUTE_TICKS; tick++) {
    const minute = tick / MINUTE_TICKS;
    // A store begins at revision 1, where there is nothing to compact.
    const revision = compactor.tick(tick + 1, leads(minute));
    if (revision !== null) compactions.push([minute, (revision - 1) / MINUTE_TICKS]);
  }
  return compactions;
}

Deno.test("a period of ten minutes keeps ten to eleven minutes, and compacts every ten", () => {
  const compactor = new AutoCompactor({ kind: "periodic", periodMs: 600_000 }, 100);

  const compactions = minutesOf(compactor, 45);

  assert.deepEqual(compactions.map(([minute]) => minute), [10, 20, 30, 40]);
  for (const [minute, kept] of compactions.slice(1)) {
    assert(minute - kept >= 10 && minute - kept <= 11, `${kept}`);
  }
});

Deno.test("a period of a day waits a day once, then compacts every hour to a day ago", () => {
  const compactor = new AutoCompactor({ kind: "periodic", periodMs: 24 * 3_600_000 }, 100);

  const compactions = minutesOf(compactor, 27 * 60);

  assert.deepEqual(compactions.map(([minute]) => minute / 60), [24, 25, 26, 27]);
  for (const [minute, kept] of compactions.slice(1)) {
    assert(minute - kept >= 24 * 60 && minute - kept <= 24 * 60 + 6, `${minute - kept} minutes`);
  }
});

Deno.test("a member that does not lead remembers, and compacts as soon as it leads", () => {
  const compactor = new AutoCompactor({ kind: "periodic", periodMs: 600_000 }, 100);

  const compactions = minutesOf(compactor, 31, (minute) => minute > 25);

  assert.deepEqual(compactions.map(([minute]) => minute), [26]);
  assert(compactions[0]![1] >= 15 && compactions[0]![1] <= 16);
});

Deno.test("revisions are counted every five minutes, and an idle cluster is left alone", () => {
  const compactor = new AutoCompactor({ kind: "revision", revisionCount: 1_000 }, 100);
  assert.deepEqual(minutesOf(compactor, 11), [[5, 2_000 / 600], [10, 5_000 / 600]]);

  const idle = new AutoCompactor({ kind: "revision", revisionCount: 10 }, 100);
  let count = 0;
  for (let tick = 0; tick < 40 * MINUTE_TICKS; tick++) if (idle.tick(500, true) !== null) count += 1;
  assert.equal(count, 1);
});

Deno.test("the leader compacts through the log, and goes on from a keyframe in the same rhythm", () => {
  const hands = HandsOnMember.alone({ autoCompaction: { kind: "periodic", periodMs: 1_000 } });
  for (let tick = 0; tick < 30; tick++) {
    hands.ask(putRequest({ key: utf8("k") }));
    hands.tick();
    if (tick === 7) hands.swapForCopy();
  }

  const { compactRevision, revision } = hands.member.view();

  assert(
    compactRevision >= revision - 24 && compactRevision <= revision - 10,
    `${compactRevision} of ${revision}`,
  );
});
