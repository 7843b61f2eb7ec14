import {putLoad} from "/work/main/tests/bench/load_client.ts";
const [eps,...ns]=Deno.args;
for(const n of ns){const r=await putLoad({endpoints:eps.split(","),clientCount:+n,seconds:3,valueBytes:256}); console.log(n.padStart(4),Math.round(r.putsPerSecond),"/s p50",r.p50Ms.toFixed(2),"p99",r.p99Ms.toFixed(2),"fail",r.failureCount)}
Deno.exit();
