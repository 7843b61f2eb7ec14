import { Hunt, drawHuntPlan } from "../core/check/hunt.ts";
const seed = Number(Deno.args[0]);
const plan = drawHuntPlan(seed);
console.log(JSON.stringify(plan));
const h = new Hunt(plan);
try { h.run(); } catch (e) { console.log(String(e)); }
for (const v of h.sim.views()) console.log(v.name, v.role, v.term, "commit", v.commit, "applied", v.applied, "durable", v.durableIndex, "last", v.lastIndex, "first", v.firstIndex, "snap", v.snapshotIndex, JSON.stringify(v.progress), JSON.stringify(v.disk));
