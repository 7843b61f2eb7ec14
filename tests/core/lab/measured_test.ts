// The table as measured: real members in virtual time, every set of failures, every cut, and writes over links.

import assert from "node:assert/strict";
import { csvOf, failureFields, sizeTableFields } from "../../../core/lab/csv.ts";
import { Findings } from "../../../core/lab/findings.ts";
import { LINK_PLANS, type LinkName, type LinkPlan } from "../../../core/lab/links.ts";
import { PATIENCE_MS } from "../../../core/lab/measured/probe.ts";
import { finish } from "../../../core/lab/progress.ts";
import { type SizeRow, sizeTable } from "../../../core/lab/size_table.ts";
import {
  type LabTask,
  overallProgress,
  runTask,
  splitTasks,
  tableTasks,
  writeTasks,
} from "../../../core/lab/work.ts";

const SEED = 7;

function measure(tasks: readonly LabTask[]): Findings {
  const findings = new Findings();
  for (const task of tasks) findings.add(finish(runTask(task)));
  return findings;
}

function rowsOf(findings: Findings, name: LinkName = "lan"): readonly SizeRow[] {
  const table = sizeTable({ availability: 0.99, links: LINK_PLANS[name], findings });
  assert.ok(table.kind === "table");
  return table.rows;
}

Deno.test("every set of failures and every cut of all nine sizes ends as the formulas say", () => {
  // Small pieces in the wrong order: it must not matter how workers are dealt to.
  const pieces = splitTasks(tableTasks(SEED), 40).toReversed();

  const findings = measure(pieces);
  const rows = rowsOf(findings);

  const seedTable = { 1: 0, 3: 1, 4: 1, 5: 2, 6: 2, 7: 3, 8: 3, 9: 4 };
  for (const [size, tolerated] of Object.entries(seedTable)) {
    assert.equal(rows[Number(size) - 1]!.toleratedFailures.measured, tolerated, `${size} members`);
  }
  for (const row of rows) {
    const cells = [
      row.quorum,
      row.toleratedFailures,
      row.availability,
      row.unavailability,
      row.downMinutesPerYear,
      row.cleanCuts,
    ];
    assert.deepEqual(cells.map(({ agrees }) => agrees), cells.map(() => true), JSON.stringify(row));
    assert.equal(findings.cutCounts(row.size)!.both, 0);
  }
  assert.equal(findings.failures(9).length, 512);
  assert.equal(findings.cuts(9).length, 255);

  // "No write commits" was watched for much longer than any commit took.
  const slowestMs = Math.max(
    ...rows.flatMap(({ size }) => findings.failures(size).map(({ afterMs }) => afterMs ?? 0)),
    ...rows.flatMap(({ size }) =>
      findings.cuts(size).map((cut) => Math.max(cut!.smaller ?? 0, cut!.larger ?? 0))
    ),
  );
  assert.ok(slowestMs > 0 && slowestMs < PATIENCE_MS / 2, `a commit took ${slowestMs} of ${PATIENCE_MS} ms`);

  const csv = csvOf(failureFields(findings, 3)).split("\r\n");
  assert.equal(csv[0], "members,down,downCount,works,afterMs");
  assert.match(csv[1]!, /^3,,0,true,\d+$/);
  assert.equal(csv[5], "3,1 2,2,false,");
});

Deno.test("messages and waiting agree with the formulas over every kind of links, for all nine sizes", () => {
  for (const name of Object.keys(LINK_PLANS) as LinkName[]) {
    const findings = measure(writeTasks({ links: LINK_PLANS[name], seed: SEED, blockCount: 2 }));

    for (const row of rowsOf(findings, name)) {
      const { size, messagesPerWrite, p50Ms, p99Ms } = row;
      assert.equal(findings.latencies(size).length, 100);
      assert.equal(messagesPerWrite.measured, 2 * (size - 1), `${name}, ${size} members`);
      // A lone writer's commits are made known on appends of their own, with as many answers.
      assert.equal(row.commitNewsPerWrite, 2 * (size - 1));
      assert.equal(findings.messageCounts(size).others, 0);
      assert.ok(p50Ms.agrees && p99Ms.agrees, `${name}, ${size}: ${JSON.stringify([p50Ms, p99Ms])}`);
    }
  }
});

Deno.test("links at the ends of their sliders are measured like any others", () => {
  const none = { min: 0, max: 0 };
  const longest = { min: 100_000, max: 100_000 };
  for (
    const [within, disk, latencyMs] of [[none, none, 0], [longest, none, 2_000], [
      none,
      longest,
      1_000,
    ]] as const
  ) {
    const links: LinkPlan = { ...LINK_PLANS.lan, name: "custom", within, between: [within], disk };
    const findings = measure(writeTasks({ links, seed: SEED, blockCount: 1, sizes: [3] }));

    const table = sizeTable({ availability: 1, links, findings, sizes: [3] });
    assert.ok(table.kind === "table");
    const { p50Ms, p99Ms, messagesPerWrite } = table.rows[0]!;
    assert.deepEqual([p50Ms.formula, p50Ms.measured, p99Ms.agrees], [latencyMs, latencyMs, true]);
    assert.equal(messagesPerWrite.agrees, true);
  }
});

Deno.test("figures do not depend on how the work is split, and progress adds up to all of it", () => {
  const tasks = [
    ...tableTasks(SEED, [4]),
    ...writeTasks({ links: LINK_PLANS.zones, seed: SEED, blockCount: 3, sizes: [4] }),
  ];
  const pieces = splitTasks(tasks, 12);
  assert.ok(pieces.length > 8);

  const whole = measure(tasks);
  const merged = measure(pieces.toReversed());
  assert.deepEqual(merged.failures(4), whole.failures(4));
  assert.deepEqual(merged.cuts(4), whole.cuts(4));
  assert.deepEqual(merged.latencies(4), whole.latencies(4));
  assert.deepEqual(merged.messageCounts(4), whole.messageCounts(4));
  // Each block draws its own delays: 150 writes, not 50 three times.
  assert.notDeepEqual(whole.latencies(4).slice(0, 50), whole.latencies(4).slice(50, 100));

  const done = pieces.map((task) => {
    let progress = null;
    const run = runTask(task);
    for (let step = run.next(); !step.done; step = run.next()) progress = step.value;
    return { task, progress };
  });
  const { doneCount, totalCount } = overallProgress(done);
  assert.equal(doneCount, totalCount);
});

Deno.test("a measurement that is dropped half-way leaves its cells empty and a later one unharmed", () => {
  const [task] = tableTasks(SEED, [5]);
  const dropped = runTask(task!);
  assert.deepEqual(dropped.next().value, { doneCount: 1, totalCount: 32 });
  dropped.next();
  assert.equal(dropped.return(undefined!).done, true);
  assert.equal(dropped.next().done, true);

  const part = measure([{ ...task!, to: 7 }]);
  assert.deepEqual(part.failures(5).filter(({ works }) => works === null).length, 25);
  const row = rowsOf(part)[4]!;
  assert.deepEqual(row.toleratedFailures, { formula: 2, measured: null, agrees: null });
  assert.equal(row.p50Ms.agrees, null);
  part.add(finish(runTask({ ...task!, from: 7 })));
  assert.equal(rowsOf(part)[4]!.toleratedFailures.agrees, true);
});

Deno.test("a difference is marked, in the cell it belongs to", () => {
  const findings = measure(tableTasks(SEED, [3]));
  const [failures, cuts] = tableTasks(SEED, [3]);
  // As if one lone survivor had gone on writing, and as if both sides of one cut had.
  findings.add({ kind: "failures", task: { ...failures!, from: 4, to: 5 }, verdicts: [3] });
  findings.add({ kind: "cuts", task: { ...cuts!, from: 0, to: 1 }, verdicts: [{ smaller: 3, larger: 3 }] });

  const row = rowsOf(findings)[2]!;
  assert.equal(row.toleratedFailures.agrees, true);
  assert.equal(row.availability.agrees, false);
  assert.equal(row.cleanCuts.agrees, false);
  const csv = csvOf(sizeTableFields([row]));
  assert.match(csv, /^members,cutCount,.*availability,availability measured,availability agrees,/);
  assert.equal(csv.split("\r\n").length, 3);
});

Deno.test("a field with commas, quotes or line ends is quoted", () => {
  assert.equal(
    csvOf({ header: ["a", "b,c"], rows: [['say "ahoy"', null], ["two\nlines", true]] }),
    'a,"b,c"\r\n"say ""ahoy""",\r\n"two\nlines",true\r\n',
  );
});
