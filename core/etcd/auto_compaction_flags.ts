// --auto-compaction-mode and --auto-compaction-retention. (embed: parseCompactionRetention)

import type { AutoCompaction } from "../member/auto_compactor.ts";
import type { FlagReader } from "./flags.ts";

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  "µs": 0.001,
  ns: 0.000_001,
};

/** A bare number is so many revisions, or so many hours. */
export function readAutoCompaction(reader: FlagReader): AutoCompaction {
  const mode = reader.choice("auto-compaction-mode", ["periodic", "revision"]);
  const text = reader.text("auto-compaction-retention");
  const count = /^\d+$/.test(text) ? Number(text) : null;
  if (count === 0) return { kind: "off" };
  if (mode === "revision") {
    if (count !== null) return { kind: "revision", revisionCount: count };
    reader.invalid("auto-compaction-retention", "must be a count of revisions such as 1000");
    return { kind: "off" };
  }
  const periodMs = count === null ? durationMs(text) : count * HOUR_MS;
  if (periodMs === null) {
    reader.invalid("auto-compaction-retention", "must be hours such as 5, or a time such as 30m or 1h30m");
    return { kind: "off" };
  }
  return periodMs > 0 ? { kind: "periodic", periodMs } : { kind: "off" };
}

/** Go's time.ParseDuration, whole milliseconds of it. Null when it is none. */
function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return null;
  let sumMs = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
    sumMs += Number(digits) * UNIT_MS[unit!]!;
  }
  return Math.floor(sumMs);
}
