import assert from "node:assert/strict";
import { drawHuntPlan } from "../../../core/check/hunt.ts";
import { decodeRunFile, encodeRunFile, type RunFile } from "../../../core/check/run_file.ts";

const RUN: RunFile = {
  format: "flotilla-run",
  version: 1,
  plan: drawHuntPlan(7),
  actions: [{ atMs: 120, action: { kind: "heal" } }],
  failure: null,
  eventCount: 12,
  traceHash: "0123456789abcdef",
};

function saysOf(text: string): string {
  const reading = decodeRunFile(text);
  assert(reading.kind === "unreadable", "it was read");
  return reading.says;
}

Deno.test("a run file reads back as it was written", () => {
  assert.deepEqual(decodeRunFile(encodeRunFile(RUN)), { kind: "run", run: RUN });
});

Deno.test("a run file cut anywhere is refused, never half read", () => {
  const text = encodeRunFile(RUN).trimEnd();

  for (let length = 0; length < text.length; length++) {
    assert.match(saysOf(text.slice(0, length)), /not whole/);
  }
});

Deno.test("a run file of another version, of another program, or with parts missing says which", () => {
  const changed = (change: object) => JSON.stringify({ ...RUN, ...change });
  const cluster = (change: object) =>
    changed({ plan: { ...RUN.plan, cluster: { ...RUN.plan.cluster, ...change } } });

  assert.match(saysOf(changed({ version: 2 })), /format version 2, this Flotilla plays version 1/);
  assert.match(saysOf("[]"), /not a run of Flotilla/);
  assert.match(saysOf(changed({ plan: undefined })), /^plan is missing/);
  assert.match(saysOf(changed({ actions: [{}] })), /^action 1 /);
  assert.match(saysOf(cluster({ seed: -1 })), /seed/);
  assert.match(saysOf(cluster({ size: 10 })), /size/);
  assert.match(saysOf(cluster({ broken: "noSuchRule" })), /broken/);
  assert.match(saysOf(cluster({ link: { ...RUN.plan.cluster.link, delayMsMax: "x" } })), /number/);
});
