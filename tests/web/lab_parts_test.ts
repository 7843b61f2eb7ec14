// The sizing lab's arithmetic and its pool of workers, without a page.

import assert from "node:assert/strict";
import { Findings, finish, type LabResult, runTask, SIZES, tableTasks } from "../../core/lab/mod.ts";
import type { LabReport, LabTask } from "../../workers/lab/lab_protocol.ts";
import { agreementOf } from "../../web/lab/figures.ts";
import { chartOf } from "../../web/lab/geometry/chart.ts";
import { livedMark, NINES_WIDTH, ninesOf, ninesX } from "../../web/lab/geometry/nines.ts";
import { subsetRings } from "../../web/lab/geometry/subset_rings.ts";
import {
  blockX,
  ROW_HEIGHT,
  stairPath,
  TRIANGLE_WIDTH,
  triangleRow,
} from "../../web/lab/geometry/triangle.ts";
import {
  availabilityAt,
  LADDER_MARKS,
  LADDER_MAX,
  percentOf,
  shareOf,
  stopOf,
} from "../../web/lab/ladder.ts";
import { LabPool, type LabWorker } from "../../web/lab/pool.ts";
import {
  failurePlanOf,
  FIRST_SETTINGS,
  type LabSettings,
  queryOf,
  settingsOf,
} from "../../web/lab/settings.ts";
import { hashOf, placeOf } from "../../web/router.ts";

Deno.test("an address names its room, and one that names none is the playground's", () => {
  const lab = placeOf("#/lab?up=99.9&links=zones");
  assert.equal(lab.room, "lab");
  assert.equal(lab.query.get("links"), "zones");
  assert.equal(hashOf(lab.room, lab.query), "#/lab?up=99.9&links=zones");
  assert.deepEqual(placeOf("#/learn/4/2").path, ["4", "2"]);
  assert.equal(placeOf("#/run?seed=7").query.get("seed"), "7");
  for (const hash of ["", "#", "#/", "#/nowhere/at/all", "#x"]) {
    assert.equal(placeOf(hash).room, "playground", hash);
  }
  assert.equal(hashOf("playground"), "#/");
});

Deno.test("the slider climbs in nines from never to always, and every stop is found again", () => {
  const shares = Array.from({ length: LADDER_MAX + 1 }, (_, stop) => availabilityAt(stop));

  assert.deepEqual([shares[0], shares[9], shares[18], shares[27], shares[45], shares[46]], [
    0,
    0.9,
    0.99,
    0.999,
    0.99999,
    1,
  ]);
  shares.forEach((share, stop) => {
    assert.equal(stopOf(share), stop);
    if (stop > 0) assert.ok(share > shares[stop - 1]!, `stop ${stop}`);
    assert.equal(shareOf(percentOf(share)), share);
    assert.ok(percentOf(share).length <= 7, percentOf(share));
  });
  for (const share of [NaN, -3, 7]) assert.ok(stopOf(share) >= 0 && stopOf(share) <= LADDER_MAX);
  assert.deepEqual(LADDER_MARKS.map(({ percent }) => percent), ["0", "90", "99", "99.9", "99.99", "100"]);
  assert.equal(shareOf("ninety"), NaN);
  assert.equal(shareOf(""), NaN);
});

Deno.test("all settings survive the way through an address; what nobody knows counts as not said", () => {
  const settings: LabSettings = {
    availability: 0.975,
    links: "regions",
    shared: "zone",
    sharedCount: 2,
    sharedAvailability: 0.9995,
    size: 7,
    seed: 0xabc,
    failures: 2,
    besidesZone: 1,
    zoneCount: 4,
    zoneAvailability: 1,
    target: 0.9999,
    withinMs: 12.5,
  };

  for (const key of Object.keys(settings) as (keyof LabSettings)[]) {
    assert.notEqual(settings[key], FIRST_SETTINGS[key], `${key} must differ to be seen`);
  }
  assert.deepEqual(settingsOf(placeOf(hashOf("lab", queryOf(settings))).query), settings);
  assert.equal(queryOf(FIRST_SETTINGS).toString(), "");
  assert.deepEqual(settingsOf(queryOf({ ...settings, besidesZone: null, target: null })).target, null);

  const odd = new URLSearchParams(
    "up=many&links=string&size=12&seed=z&shared=&failures=-1&groups=0&within=NaN",
  );
  assert.deepEqual(settingsOf(odd), FIRST_SETTINGS);
  assert.equal(
    settingsOf(new URLSearchParams("up=150")).availability,
    1.5,
    "the lab says what is wrong with it",
  );
});

Deno.test("racks are shared within one zone, and zones are filled in turn", () => {
  const racks = failurePlanOf(5, { ...FIRST_SETTINGS, shared: "rack", sharedCount: 2 });
  const zones = failurePlanOf(5, { ...FIRST_SETTINGS, shared: "zone", sharedCount: 2 });

  assert.deepEqual(racks.stands.map(({ zone, rack }) => `${zone}${rack}`), ["00", "01", "00", "01", "00"]);
  assert.deepEqual(zones.stands.map(({ zone, rack }) => `${zone}${rack}`), ["00", "10", "01", "11", "02"]);
  assert.deepEqual([racks.rackAvailability, racks.zoneAvailability], [0.999, 1]);
  assert.deepEqual([zones.rackAvailability, zones.zoneAvailability], [1, 0.999]);
});

Deno.test("the failure triangle draws each set once, within its block, and solid left of the stair alone", () => {
  for (const size of SIZES) {
    const findings = new Findings();
    const untried = triangleRow(size, findings.failures(size));
    for (const task of tableTasks(7, [size]).filter(({ kind }) => kind === "failures")) {
      findings.add(finish(runTask(size < 5 ? task : { ...task, to: 20 })));
    }
    const row = triangleRow(size, findings.failures(size));

    const squares = (path: string) =>
      [...path.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)/g)].map((m) => m.slice(1).map(Number));
    const all = [row.worked, row.failed, row.shouldWork, row.shouldFail].flatMap(squares);
    assert.equal(all.length, 2 ** size);
    assert.equal(new Set(all.map(([x, y]) => `${x} ${y}`)).size, 2 ** size, "no two in one place");
    assert.equal(row.surprise, "");
    assert.equal(untried.worked + untried.failed, "");
    const stairX = Number(/H([\d.]+)/.exec(stairPath(size))![1]);
    for (const [x, y, side] of all) {
      assert.ok(
        x! >= blockX(0) && x! + side! <= TRIANGLE_WIDTH && y! >= 1 && y! + side! <= ROW_HEIGHT - 1,
        `${size}: ${x} ${y}`,
      );
    }
    for (const [x, , side] of [...squares(row.worked), ...squares(row.shouldWork)]) {
      assert.ok(x! + side! < stairX);
    }
    for (const [x] of [...squares(row.failed), ...squares(row.shouldFail)]) assert.ok(x! > stairX);
    if (size > 1) {
      assert.ok(stairPath(size).startsWith(`M${/H([\d.]+)/.exec(stairPath(size - 1))![1]} 0`), "stairs join");
    }
  }
});

Deno.test("a set that went otherwise than expected is crossed out", () => {
  const row = triangleRow(1, [{ down: 0, works: false, afterMs: null }, {
    down: 1,
    works: false,
    afterMs: null,
  }]);

  assert.equal([...row.surprise.matchAll(/M/g)].length, 1);
});

Deno.test("years without an outage are an arrow that starts at what they vouch for, never a zero", () => {
  const years = {
    years: 100,
    eventCount: 9,
    outageCount: 0,
    availability: 1,
    unavailability: 0,
    downMinutesPerYear: 0,
    interval: { low: 0, high: 1e-5 },
    confidencePercent: 95 as const,
  };

  assert.deepEqual(livedMark(years), { kind: "arrow", x: ninesX(5) });
  const seen = livedMark({
    ...years,
    outageCount: 3,
    unavailability: 1e-4,
    interval: { low: 1e-5, high: 1e-3 },
  });
  assert.deepEqual(seen, { kind: "dot", x: ninesX(4), from: ninesX(3), to: ninesX(5) });
  assert.ok(ninesX(ninesOf(0)) <= NINES_WIDTH && ninesX(ninesOf(1)) >= 0);
});

Deno.test("signs: counted is the same or not, sampled is near, lived is outside one time in twenty", () => {
  const cell = { formula: 1, measured: 1, agrees: true };

  assert.equal(agreementOf({ ...cell, measured: null, agrees: null }, "counted"), "unmeasured");
  assert.equal(agreementOf(cell, "counted"), "same");
  assert.equal(agreementOf(cell, "sampled"), "near");
  assert.equal(agreementOf({ ...cell, agrees: false }, "sampled"), "different");
  assert.equal(agreementOf({ ...cell, agrees: false }, "lived"), "outside");
});

Deno.test("rings of three and four stand clear of each other, working ones left of the line", () => {
  for (const [size, rowCount, works] of [[3, 1, 4], [4, 2, 5]] as const) {
    const { rings, stairX, width } = subsetRings(size, rowCount);
    assert.equal(rings.length, 2 ** size);
    assert.equal(rings.filter((ring) => ring.works).length, works);
    for (const ring of rings) assert.equal(ring.x < stairX, ring.works);
    for (const [i, a] of rings.entries()) {
      for (const b of rings.slice(i + 1)) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) >= 40);
    }
    assert.ok(width <= 470, `${width}`);
  }
});

Deno.test("a chart leaves room for its largest value and begins at nothing", () => {
  const chart = chartOf({ width: 360, height: 186 }, 76.6);

  assert.equal(chart.ticks[0]!.value, 0);
  assert.ok(chart.ticks.at(-1)!.value >= 76.6 && chart.y(76.6) > 0);
  assert.ok(chart.x(1) > 34 && chart.x(9) < 360);
  assert.ok(Number.isFinite(chartOf({ width: 360, height: 186 }, 0).y(0)));
});

/** Runs a task when told to, on this thread. */
class HandWorker implements LabWorker {
  onmessage: ((event: MessageEvent<LabReport>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  task: LabTask | null = null;
  isEnded = false;

  postMessage(task: LabTask): void {
    this.task = task;
  }

  terminate(): void {
    this.isEnded = true;
  }

  work(): void {
    const result = finish(runTask(this.task!));
    this.onmessage!(new MessageEvent("message", { data: { kind: "done", result } }));
  }
}

Deno.test("the pool deals every piece once, tells how far it is, and ends its workers", async () => {
  const workers: HandWorker[] = [];
  const pool = new LabPool(() => workers[workers.push(new HandWorker()) - 1]!, 2);
  const results: LabResult[] = [];
  const shares: number[] = [];

  const outcome = pool.run(tableTasks(7, [1, 2, 3]), {
    onResult: (result) => results.push(result),
    onProgress: ({ doneCount, totalCount }) => shares.push(doneCount / totalCount),
  });
  for (let turn = 0; turn < 1_000 && shares.at(-1)! < 1; turn++) {
    workers[turn % workers.length]!.work();
  }

  assert.equal(await outcome, "finished");
  assert.deepEqual(workers.map(({ isEnded }) => isEnded), [true, true]);
  assert.deepEqual([shares[0], shares.at(-1)], [0, 1]);
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b));
  const findings = new Findings();
  for (const result of results) findings.add(result);
  assert.deepEqual([1, 2, 3].map((size) => findings.toleratedFailures(size)), [0, 0, 1]);
  assert.deepEqual(findings.cutCounts(3), { neither: 0, both: 0 });
});

Deno.test("a cancelled run keeps what was handed in and hears no more", async () => {
  const workers: HandWorker[] = [];
  const pool = new LabPool(() => workers[workers.push(new HandWorker()) - 1]!, 9);
  const results: LabResult[] = [];
  const listener = { onResult: (result: LabResult) => results.push(result), onProgress: () => {} };

  const outcome = pool.run(tableTasks(7, [3]), listener);
  workers[0]!.work();
  pool.cancel();
  workers[1]!.work();

  assert.equal(await outcome, "cancelled");
  assert.equal(results.length, 1);
  assert.equal(workers.length, 4, "no more than four threads");
  assert.ok(workers.every(({ isEnded }) => isEnded));
});

Deno.test("a browser without workers, and a worker that cannot be loaded, are outcomes", async () => {
  const listener = { onResult: () => {}, onProgress: () => {} };
  const none = new LabPool(() => {
    throw new Error("no workers here");
  }, 2);
  const worker = new HandWorker();
  const unloaded = new LabPool(() => worker, 1);

  assert.equal(await none.run(tableTasks(7, [1]), listener), "noWorkers");
  const outcome = unloaded.run(tableTasks(7, [1]), listener);
  worker.onerror!(new ErrorEvent("error"));
  assert.equal(await outcome, "noWorkers");
  assert.equal(await unloaded.run([], listener), "finished");
});
