import assert from "node:assert/strict";
import { RECORD_RULES, ruleApplies, SNAPSHOT_RULES } from "../../../core/wal/recovery_rules.ts";
import type { RecordFacts, SnapshotFacts } from "../../../core/wal/recovery_rules.ts";

/** Every combination of these facts. */
function combinations<Facts extends object>(names: readonly (keyof Facts)[]): Facts[] {
  return Array.from(
    { length: 2 ** names.length },
    (_, bits) => Object.fromEntries(names.map((name, i) => [name, (bits >> i & 1) === 1])) as Facts,
  );
}

const RECORD_FACTS = combinations<RecordFacts>([
  "atEnd",
  "insideWrite",
  "lastSegment",
  "headerOk",
  "chainOk",
  "bodyOk",
  "laterWrite",
  "unwritten",
]);
const SNAPSHOT_FACTS = combinations<SnapshotFacts>(["marked", "newestServes", "olderServes", "logFromStart"]);

Deno.test("every combination of facts about a record meets exactly one rule, and every rule is met", () => {
  assert.equal(RECORD_FACTS.length, 256);
  for (const facts of RECORD_FACTS) {
    const met = RECORD_RULES.filter((rule) => ruleApplies(rule, facts));
    assert.equal(met.length, 1, JSON.stringify({ facts, met }));
  }
  for (const rule of RECORD_RULES) assert.ok(RECORD_FACTS.some((facts) => ruleApplies(rule, facts)));
});

Deno.test("every combination of facts about snapshots meets exactly one rule, and every rule is met", () => {
  assert.equal(SNAPSHOT_FACTS.length, 16);
  for (const facts of SNAPSHOT_FACTS) {
    const met = SNAPSHOT_RULES.filter((rule) => ruleApplies(rule, facts));
    assert.equal(met.length, 1, JSON.stringify({ facts, met }));
  }
  for (const rule of SNAPSHOT_RULES) assert.ok(SNAPSHOT_FACTS.some((facts) => ruleApplies(rule, facts)));
});

Deno.test("nothing is cut that a later write or a later segment stands behind", () => {
  for (const facts of RECORD_FACTS) {
    const { verdict } = RECORD_RULES.find((rule) => ruleApplies(rule, facts))!;
    if (verdict !== "tear") continue;
    assert.ok(facts.lastSegment && (facts.atEnd || !facts.laterWrite), JSON.stringify(facts));
    assert.ok(facts.atEnd || facts.unwritten, JSON.stringify(facts));
    assert.ok(!(facts.headerOk && !facts.chainOk) || facts.atEnd, JSON.stringify(facts));
  }
});
