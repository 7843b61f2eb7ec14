// Figures of the core, each for itself: the simulator, the log, the keys. One engine, one thread, medians of five.

import { utf8 } from "../../core/base/bytes.ts";
import { clusterId, memberIdOf } from "../../core/base/ids.ts";
import { runHunt } from "../../core/check/hunt.ts";
import { putRequest } from "../../core/kv/requests.ts";
import { KvStore } from "../../core/kv/kv_store.ts";
import type { Entry } from "../../core/raft/types.ts";
import { WalWriter } from "../../core/wal/wal_writer.ts";

const ROUND_COUNT = 5;
const VALUE = utf8("v".repeat(256));

row("simulator, events/s", () => {
  let events = 0;
  for (let seed = 1; seed <= 12; seed++) events += runHunt(seed).eventCount;
  return events;
});
row("simulator, virtual ms per real ms", () => {
  let virtualMs = 0;
  for (let seed = 1; seed <= 12; seed++) virtualMs += runHunt(seed).virtualMs;
  return virtualMs / 1000;
});
row("WAL, appends/s (256 B, one per write)", () => appendEntries(20_000, 1).entries);
row("WAL, appends/s (256 B, 64 per write)", () => appendEntries(200_000, 64).entries);
row("WAL, MB/s (256 B, 64 per write)", () => appendEntries(200_000, 64).bytes / 1e6);
row("keys, puts/s (256 B over 10,000 keys)", () => {
  const store = new KvStore();
  const count = 100_000;
  for (let i = 0; i < count; i++) store.apply(putRequest({ key: utf8(`key-${i % 10_000}`), value: VALUE }));
  return count;
});

/** Prints how much of `work`'s result was done in a second. */
function row(name: string, work: () => number): void {
  const rates: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round++) {
    const startedMs = performance.now();
    const done = work();
    rates.push((done / (performance.now() - startedMs)) * 1000);
  }
  rates.sort((a, b) => a - b);
  const [low, median, high] = [rates[0]!, rates[ROUND_COUNT >> 1]!, rates.at(-1)!].map((rate) =>
    Math.round(rate).toLocaleString("en")
  );
  console.log(`${name.padEnd(42)} ${median!.padStart(10)}   (${low} to ${high})`);
}

function appendEntries(count: number, perWrite: number): { entries: number; bytes: number } {
  const identity = { clusterId: clusterId("00000000000000aa"), memberId: memberIdOf(1) };
  const { writer } = WalWriter.create(identity, { segmentBytesMax: 64 * 1024 * 1024 });
  let bytes = 0;
  for (let first = 1; first <= count; first += perWrite) {
    const entries = Array.from({ length: perWrite }, (_, i): Entry => {
      return { index: first + i, term: 1, kind: "normal", data: VALUE };
    });
    const ops = writer.append({
      hardState: { term: 1, vote: null, commit: first - 1 },
      entries,
      snapshot: null,
    });
    for (const op of ops) if (op.kind === "append") bytes += op.bytes.length;
  }
  return { entries: count, bytes };
}
