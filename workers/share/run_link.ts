// A run in an address: `#/run?v=1&s=7c1f&n=5&p=teach&r=etcd&j=…&at=412&t=3412&h=…`. Size, timing, rules and seed can be read
// and changed by hand; `j` holds what was done, deflated. Anybody may have written the address: every part is doubted.

import { isRunPlan, type RunPlan } from "../../core/timeline/plan.ts";
import {
  readRunText,
  RUN_FILE_VERSION,
  RUN_TEXT_MAX,
  type RunFile,
  runFileToText,
  type RunReading,
} from "../../core/timeline/run_file.ts";

/** Longer links are cut by chat programs and mail; such a run is a file. */
export const LINK_LENGTH_MAX = 16_000;

/** What stands behind `#/run?`. */
export async function runQuery(file: RunFile): Promise<URLSearchParams> {
  const { plan, at } = file;
  const query = new URLSearchParams({
    v: String(RUN_FILE_VERSION),
    s: plan.seed.toString(16),
    n: String(plan.size),
    p: plan.profile === "teaching" ? "teach" : "etcd",
    r: plan.rules,
  });
  if (file.actions.length > 0 || file.from !== null || plan.limits !== undefined) {
    query.set("j", await deflate(runFileToText({ ...file, at: null })));
  }
  if (at !== null) {
    query.set("at", String(at.eventNumber));
    query.set("t", String(at.atMs));
    query.set("h", at.hash);
  }
  return query;
}

/** The run in an address, or why there is none. */
export async function readRunQuery(query: URLSearchParams): Promise<RunReading> {
  const version = Number(query.get("v") ?? RUN_FILE_VERSION);
  if (Number.isInteger(version) && version > RUN_FILE_VERSION) return { kind: "newer", version };
  const plan = planOf(query);
  if (plan === null) return { kind: "broken", why: "its size, timing, rules or seed are none" };
  const at = placeOf(query);
  if (at === undefined) return { kind: "broken", why: "the event to open is none" };
  const packed = query.get("j");
  if (packed === null) return { kind: "run", file: { plan, actions: [], from: null, eventsBefore: 0, at } };
  const text = await inflate(packed);
  if (text === null) return { kind: "broken", why: "a part of it is missing" };
  const reading = readRunText(text);
  // What can be read in the address counts.
  return reading.kind === "run"
    ? { kind: "run", file: { ...reading.file, plan: { ...reading.file.plan, ...plan }, at } }
    : reading;
}

function planOf(query: URLSearchParams): RunPlan | null {
  const seed = query.get("s") ?? "1";
  const plan = {
    size: Number(query.get("n") ?? 3),
    profile: query.get("p") === "etcd" ? "etcd" : "teaching",
    rules: query.get("r") === "textbook" ? "textbook" : "etcd",
    seed: /^[0-9a-f]{1,13}$/i.test(seed) ? parseInt(seed, 16) : NaN,
  };
  return isRunPlan(plan) ? plan : null;
}

function placeOf(query: URLSearchParams): RunFile["at"] | undefined {
  const at = query.get("at");
  if (at === null) return null;
  const [eventNumber, atMs] = [Number(at), Number(query.get("t") ?? 0)];
  const isPlace = at !== "" &&
    [eventNumber, atMs].every((count) => Number.isSafeInteger(count) && count >= 0);
  return isPlace ? { eventNumber, atMs, hash: query.get("h") ?? "" } : undefined;
}

async function deflate(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Null for what was never deflated by us, and for what would fill the memory. */
async function inflate(packed: string): Promise<string | null> {
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
      if (text.length > RUN_TEXT_MAX) return null;
    }
  } catch {
    return null;
  }
}
