import { runHunt } from "../core/check/hunt.ts";
const from = Number(Deno.args[0] ?? 1), to = Number(Deno.args[1] ?? 20);
const t0 = performance.now(); let events = 0, fails = 0, ans = 0, virt = 0;
for (let s = from; s <= to; s++) {
  const r = runHunt(s); events += r.eventCount; ans += r.answeredCount; virt += r.virtualMs;
  if (r.failure) { fails++; console.log(s, r.failure, r.eventCount); }
}
const ms = performance.now() - t0;
console.log({ seeds: to - from + 1, fails, events, eventsPerS: Math.round(events / ms * 1000), ms: Math.round(ms), ans, speedup: virt/ms });
