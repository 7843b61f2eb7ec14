// A run through an address and back, and played by the command that knows no browser.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { putRequest } from "../../../core/kv/requests.ts";
import { SimRun } from "../../../core/timeline/run.ts";
import type { RunLimits } from "../../../core/timeline/plan.ts";
import { fileOf, openRun, readRunText, runFileToText } from "../../../core/timeline/run_file.ts";
import { playShared } from "../../../workers/deno/run_main.ts";
import { LINK_LENGTH_MAX, readRunQuery, runQuery } from "../../../workers/share/run_link.ts";

function played(): SimRun {
  const run = new SimRun({ plan: { size: 5, profile: "etcd", rules: "textbook", seed: 0x51d0 } });
  run.advanceTo(4_000);
  for (let count = 0; count < 40; count++) {
    const request = putRequest({ key: utf8(`key ${count}`), value: utf8("v".repeat(count)) });
    run.act({ kind: "request", member: run.sim.leader()!, request });
    run.advanceTo(run.nowMs + 100);
  }
  run.act({ kind: "crash", member: run.sim.leader()! });
  run.advanceTo(run.nowMs + 3_000);
  return run;
}

Deno.test("a link of forty writes and a crash is short, and the command finds the same event and hash", async () => {
  const run = played();

  const query = await runQuery(fileOf(run));
  const { lines, code } = await playShared(`https://example.org/some/path/#/run?${query}`);

  assert.ok(query.toString().length < LINK_LENGTH_MAX / 4, `${query.toString().length} characters`);
  assert.equal(query.get("n"), "5");
  assert.equal(query.get("s"), "51d0");
  assert.equal(code, 0, lines.join("\n"));
  assert.equal(lines[1], `event ${run.eventNumber} at ${run.nowMs} ms, hash ${run.hash}`);
});

Deno.test("a staged run keeps its limits through a link, and limits out of range are refused", async () => {
  const plan = { size: 3, profile: "teaching", rules: "etcd", seed: 7 } as const;
  const run = new SimRun({ plan: { ...plan, limits: { snapshotCount: 20, catchUpEntries: 5 } } });
  run.advanceTo(2_000);

  const reading = await readRunQuery(await runQuery(fileOf(run)));

  assert.ok(reading.kind === "run");
  assert.deepEqual(reading.file.plan, run.plan);
  const opened = openRun(reading.file);
  assert.ok(opened.kind === "open" && opened.agrees && opened.run.hash === run.hash);
  for (const limits of [{ snapshotCount: 0 }, { appendBytesMax: 1e9 }, { heads: 2 }, 3, null]) {
    const text = runFileToText({ ...fileOf(run), plan: { ...plan, limits: limits as RunLimits } });
    assert.equal(readRunText(text).kind, "broken", JSON.stringify(limits));
  }
});

Deno.test("the command plays a saved file, and says what is wrong with any other", async () => {
  const run = played();
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, runFileToText(fileOf(run)));
    assert.equal((await playShared(file)).code, 0);
    await Deno.writeTextFile(file, "hello");
    assert.deepEqual(await playShared(file), { lines: ["this is no run of Flotilla"], code: 1 });
  } finally {
    await Deno.remove(file);
  }
  assert.match((await playShared("#/run?v=2&n=3")).lines[0]!, /newer version/);
  assert.match((await playShared("#/run?n=99")).lines[0]!, /broken: its size/);
  const query = await runQuery(fileOf(run));
  query.set("h", "0000000000000000");
  assert.equal((await playShared(`#/run?${query}`)).code, 1);
});
