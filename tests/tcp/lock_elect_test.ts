// Lock and Election over TCP, where etcdctl builds them of leases and watches and the services of their own do the same.

import assert from "node:assert/strict";
import { etcdctl, EtcdctlSession, etcdctlTest } from "./etcdctl.ts";
import { freePorts, withCluster } from "./member_process.ts";

etcdctlTest("a lock and an election go to the next in line when the holder is interrupted", async () => {
  await withCluster(freePorts(3), {}, async (cluster) => {
    const [one, two, three] = cluster.endpoints as [string, string, string];

    const holder = new EtcdctlSession(one, ["lock", "l"]);
    await holder.printed(/^l\/[0-9a-f]+\n/);
    const waiter = new EtcdctlSession(two, ["lock", "l"]);
    const leader = new EtcdctlSession(two, ["elect", "e", "p1"]);
    await leader.printed(/^e\/[0-9a-f]+\np1\n/);
    const observer = new EtcdctlSession(three, ["elect", "-l", "e"]);
    await observer.printed(/^e\/[0-9a-f]+\np1\n/);
    const heir = new EtcdctlSession(three, ["elect", "e", "p2"]);
    // Both wait in line as soon as their keys are there.
    const queue = new EtcdctlSession(one, ["watch", "", "--prefix", "--rev", "1"]);
    await queue.printed(/e\/[0-9a-f]+\np1[\s\S]*e\/[0-9a-f]+\np2\n/);
    await queue.printed(/l\/[0-9a-f]+\n[\s\S]*l\/[0-9a-f]+\n/);
    assert.equal(waiter.output + heir.output, "");

    await Promise.all([holder.end(), leader.end()]);

    await waiter.printed(/^l\/[0-9a-f]+\n/);
    await heir.printed(/^e\/[0-9a-f]+\np2\n/);
    await observer.printed(/p1\n[\s\S]*p2\n/);
    await Promise.all([waiter, heir, observer, queue].map((session) => session.end()));
    assert.equal(await etcdctl(one, "get", "l", "--prefix"), "");
  });
});

etcdctlTest("the Lock service lets one client in at a time", async () => {
  await withCluster(freePorts(1), {}, async (cluster) => {
    const [endpoint] = cluster.endpoints as [string];
    const post = async (path: string, body: unknown, signal?: AbortSignal) => {
      const response = await fetch(`http://${endpoint}/v3/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      });
      return await response.json();
    };
    const name = btoa("door");

    const first = await post("lock/lock", { name });
    const goesAway = new AbortController();
    const second = post("lock/lock", { name }, goesAway.signal).catch(() => "gone");
    const third = post("lock/lock", { name });
    const waiting = new EtcdctlSession(endpoint, ["watch", "door", "--prefix", "--rev", "1"]);
    await waiting.printed(/(?:PUT\ndoor\/[^\n]*\n\n){3}/);
    // The one that came second gives up: its place must not keep the third waiting.
    goesAway.abort();
    assert.equal(await second, "gone");
    await post("lock/unlock", { key: first.key });

    assert.match(atob((await third).key), /^door\//);
    await waiting.end();
  });
});
