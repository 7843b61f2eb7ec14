// The npm client `etcd3` does what its documentation shows, against three members of which one is killed meanwhile. It
// speaks gRPC through @grpc/grpc-js: another HTTP/2 than etcdctl's, and another idea of reconnecting.

import assert from "node:assert/strict";
import { Etcd3, EtcdLockFailedError, type IOptions } from "etcd3";
import { leaderOf } from "./leader.ts";
import { eventually, freePorts, type TestCluster, withCluster } from "./member_process.ts";

const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];
/** The client tries a member again this soon; by default it would wait up to half a minute. */
const WATCH_BACKOFF_MS = 50;

Deno.test("etcd3: keys, ranges, namespaces and compare-and-swap", async () => {
  await withEtcd3(async (client) => {
    await client.put("foo").value("bar");
    assert.equal(await client.get("foo").string(), "bar");
    assert.equal(await client.get("nothing"), null);
    await client.put("number").value(42);
    assert.equal(await client.get("number").number(), 42);

    // A namespace puts its prefix in front of everything.
    const users = client.namespace("users/");
    await Promise.all(["b", "a", "c"].map((name, i) => users.put(name).value(String(i))));
    assert.deepEqual(await users.getAll().sort("Key", "Ascend").strings(), { a: "1", b: "0", c: "2" });
    assert.deepEqual(await client.getAll().prefix("users/").keys(), ["users/a", "users/b", "users/c"]);
    assert.deepEqual(await users.getAll().sort("Key", "Descend").limit(2).keys(), ["c", "b"]);
    assert.equal(await users.getAll().count(), 3);
    assert.equal((await users.delete().key("a")).deleted, "1");
    assert.equal((await users.delete().all()).deleted, "2");
    assert.equal(await client.get("foo").string(), "bar");

    // Whoever compares with what was read wins once.
    const swap = (from: string, to: string) =>
      client.if("foo", "Value", "==", from)
        .then(client.put("foo").value(to))
        .else(client.get("foo"))
        .commit();
    assert.equal((await swap("bar", "baz")).succeeded, true);
    const late = await swap("bar", "qux");
    assert.equal(late.succeeded, false);
    assert.equal(late.responses[0]!.response_range!.kvs[0]!.value.toString(), "baz");
    assert.equal(
      (await client.if("new", "Create", "==", 0).then(client.put("new").value("1")).commit()).succeeded,
      true,
    );
    assert.equal(
      (await client.if("new", "Create", "==", 0).then(client.put("new").value("2")).commit()).succeeded,
      false,
    );
  });
});

Deno.test("etcd3: a watcher misses nothing although its member is killed under it", async () => {
  await withEtcd3(async (client, cluster) => {
    const watcher = await client.watch().prefix("watched/").create();
    const seen: string[] = [];
    let disconnectedCount = 0;
    watcher.on("put", ({ key, value }) => seen.push(`${key}=${value}`));
    watcher.on("delete", ({ key }) => seen.push(`${key} gone`));
    watcher.on("disconnected", () => disconnectedCount++);
    await client.put("watched/1").value("a");
    await until("the first event", () => seen.length === 1);

    // Member after member is killed, so that the watcher's is among them; a quorum stays.
    for (const at of [0, 1, 2]) {
      await cluster.processes[at]!.kill();
      await eventually(
        "a put through the others",
        async () => await client.put("watched/2").value(`without ${at}`),
      );
      await cluster.launch(at).ready();
    }
    await eventually(
      "the deletion",
      async () => (await client.delete().key("watched/1")).deleted === "1" || null,
    );
    await until("the last event", () => seen.includes("watched/1 gone"));

    assert(disconnectedCount > 0, "its member was among the killed");
    // A put that was repeated because its answer was lost may be seen twice; none may be missing, and none out of order.
    const once = seen.filter((event, i) => event !== seen[i - 1]);
    assert.deepEqual(once, [
      "watched/1=a",
      "watched/2=without 0",
      "watched/2=without 1",
      "watched/2=without 2",
      "watched/1 gone",
    ]);
    await watcher.cancel();
  });
});

Deno.test("etcd3: a lease is kept alive while its member and the leader die, and takes its keys along", async () => {
  await withEtcd3(async (client, cluster) => {
    const lease = client.lease(3);
    let lost: Error | null = null;
    lease.on("lost", (error) => lost = error);
    await lease.put("here").value("alive");

    await killAndRelaunch(cluster, await leaderOf(cluster));
    const renewedBefore = await renewals(lease, 2);

    assert(renewedBefore >= 2);
    assert.equal(lost, null);
    assert.equal(await eventually("the key", () => client.get("here").string()), "alive");
    await lease.revoke();
    assert.equal(await client.get("here"), null);

    // One that is not kept alive is lost, and its key with it.
    const short = client.lease(1, { autoKeepAlive: false });
    await short.put("short").value("1");
    await eventually("expiry", async () => (await client.get("short")) === null || null);
  });
});

Deno.test("etcd3: a lock has one holder at a time, also across the leader's death", async () => {
  await withEtcd3(async (client, cluster) => {
    const holding = client.lock("resource").ttl(30);
    await holding.acquire();
    assert.equal(await tryLock(client), "refused");

    await killAndRelaunch(cluster, await leaderOf(cluster));

    assert.equal(await eventually("a word on the lock", () => tryLock(client)), "refused");
    await holding.release();
    const did = await eventually("the lock", () => client.lock("resource").do(() => "done"));
    assert.equal(did, "done");
  });
});

Deno.test("etcd3: an election has one leader, its observers hear of each, and the next takes over", async () => {
  await withEtcd3(async (client) => {
    const election = client.election("singleton", 5);
    const first = election.campaign("first");
    await first.wait();
    assert.equal(await election.leader(), "first");
    const observer = await election.observe();
    const heard: (string | undefined)[] = [observer.leader()];
    observer.on("change", (leader) => heard.push(leader));

    const second = election.campaign("second");
    await first.proclaim("first, louder");
    await until("the proclamation", () => heard.includes("first, louder"));
    await first.resign();
    await second.wait();
    await until("the change", () => heard.at(-1) === "second");

    assert.equal(await election.leader(), "second");
    await observer.cancel();
    await second.resign();
  });
});

Deno.test("etcd3: transactional memory keeps a sum while many move its parts and a member is killed", async () => {
  await withEtcd3(async (client, cluster) => {
    // In one transaction: etcd3 takes two keys of different revisions for a conflict, with a real etcd, too.
    await client.if("bank/a", "Create", "==", 0)
      .then(client.put("bank/a").value(100), client.put("bank/b").value(100))
      .commit();
    const move = (amount: number) =>
      client.stm({ isolation: 0 }).transact(async (tx) => {
        const [a, b] = await Promise.all([tx.get("bank/a").number(), tx.get("bank/b").number()]);
        await Promise.all([tx.put("bank/a").value(a! - amount), tx.put("bank/b").value(b! + amount)]);
      });

    // Each mover repeats a move whose answer was lost: then the parts move twice, but the sum stays.
    const movers = [1, -2, 3, -4].map((amount) =>
      eventually(`a move of ${amount}`, () => move(amount).then(() => true))
    );
    await killAndRelaunch(cluster, await leaderOf(cluster));
    await Promise.all(movers);

    const { "bank/a": a, "bank/b": b } = await eventually(
      "the parts",
      () => client.getAll().prefix("bank/").numbers(),
    );
    assert.equal(a! + b!, 200);
    assert.notEqual(a, 100);
  });
});

/** A cluster of three and a client that knows all of them. */
async function withEtcd3(body: (client: Etcd3, cluster: TestCluster) => Promise<void>): Promise<void> {
  await withCluster(freePorts(3), { extra: BRISK }, async (cluster) => {
    const watchBackoff: NonNullable<IOptions["faultHandling"]>["watchBackoff"] = {
      duration: WATCH_BACKOFF_MS,
      next: () => watchBackoff!,
    };
    const client = new Etcd3({
      hosts: cluster.endpoints.map((endpoint) => `http://${endpoint}`),
      // A call on a connection whose member is dead is given up soon, so that another member is tried.
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + 2_000 }),
      grpcOptions: { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 200 },
      faultHandling: { watchBackoff },
    });
    try {
      await body(client, cluster);
    } finally {
      client.close();
    }
  });
}

/** Null when the cluster had no answer. */
async function tryLock(client: Etcd3): Promise<"taken" | "refused" | null> {
  try {
    await client.lock("resource").acquire();
    return "taken";
  } catch (error) {
    return error instanceof EtcdLockFailedError ? "refused" : null;
  }
}

async function killAndRelaunch(cluster: TestCluster, at: number): Promise<void> {
  await cluster.processes[at]!.kill();
  await cluster.launch(at).ready();
}

/** Resolves once the lease has been renewed this many times more. */
function renewals(lease: ReturnType<Etcd3["lease"]>, wanted: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  lease.on("keepaliveSucceeded", () => {
    if (++count === wanted) resolve(count);
  });
  return promise;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  await eventually(what, () => Promise.resolve(holds() || null));
}
