// Users, roles and tokens through the real etcdctl: the same commands at a real etcd and at three of our members, each
// time through another one, answered alike; and what a restart, a snapshot and a real etcd make of them.

import assert from "node:assert/strict";
import { etcdTest, RealEtcd } from "../core/backend/real_etcd.ts";
import { etcdctl, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";
import { aloneFlags, withBench } from "./tools.ts";

const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];

/** One command a line. "ann:" and such in front say --user; quotes do not matter here. */
const SCRIPT = `
role add root
user add root:rootpw
user add root:again
user add ann:annpw
user add nopw --no-password
user grant-role root root
user grant-role ann missing
role add reader
role add reader
role grant-permission reader read a c
role grant-permission reader readwrite own
role grant-permission reader read a c
role grant-permission --prefix=true reader write p/
role grant-permission missing read x
role get reader
user grant-role ann reader
user list
role list
user get ann
auth enable
put a 1
root:rootpw put a 1
root:rootpw put b 2
root:rootpw put d 4
root:wrong put a 1
ann:annpw get a
ann:annpw get a c
ann:annpw get a d
ann:annpw get d
ann:annpw put a 2
ann:annpw put own mine
ann:annpw put own again --prev-kv
ann:annpw put p/x 1
ann:annpw put p/x 1 --prev-kv
ann:annpw del p/ --prefix
ann:annpw del a
ann:annpw get --from-key a
ann:annpw user list
ann:annpw user get ann
ann:annpw user get root
ann:annpw role get reader
ann:annpw role get root
ann:annpw role add more
ann:annpw compaction 2
ann:annpw lease list
ann:annpw defrag
ann:annpw endpoint hashkv
nopw:x get a
nobody:x get a
user list
root:rootpw user delete root
root:rootpw user revoke-role root root
root:rootpw role delete root
root:rootpw role revoke-permission reader a c
ann:annpw get a
ann:annpw get own
root:rootpw role revoke-permission reader nothing
root:rootpw user revoke-role ann reader
root:rootpw user revoke-role ann reader
ann:annpw get own
root:rootpw user grant-role ann root
ann:annpw get d
ann:annpw member list
root:rootpw role delete reader
root:rootpw role get reader
root:rootpw user delete ann
ann:annpw get own
root:rootpw user delete ann
root:rootpw auth enable
root:rootpw auth disable
get d
auth disable
user list
`.trim().split("\n");

etcdTest("users, roles and permissions are answered by every member as by a real etcd", async (directory) => {
  await using etcd = await new RealEtcd("real", `${directory}/etcd`).start();
  await withCluster(freePorts(3), { extra: BRISK }, async (cluster) => {
    for (const [at, line] of SCRIPT.entries()) {
      const [theirs, own] = await Promise.all([
        run(etcd.endpoint, line),
        run(cluster.endpoint(at % 3), line),
      ]);
      assert.deepEqual(own, theirs, line);
    }
  });
});

etcdTest(
  "users outlive a restart and tokens do not, and snapshots carry users to a real etcd and back",
  async (directory) => {
    await withBench(async (bench) => {
      const [ports] = freePorts(1) as [[number, number]];
      const endpoint = `127.0.0.1:${ports[0]}`;
      const flags = [...aloneFlags(bench, "solo", ports), ...BRISK];
      const first = await bench.member(flags).ready();
      for (
        const line of [
          "user add root:rootpw",
          "user grant-role root root",
          "user add ann:annpw",
          "role add reader",
          "role grant-permission reader read a",
          "user grant-role ann reader",
          "put a 1",
          "auth enable",
        ]
      ) await etcdctl(endpoint, ...line.split(" "));
      const { token } = await json(endpoint, "auth/authenticate", { name: "ann", password: "annpw" });
      const read = { key: btoa("a") };
      assert.equal((await json(endpoint, "kv/range", read, token)).count, "1");
      assert.deepEqual(await json(endpoint, "kv/range", read), {
        error: "etcdserver: user name is empty",
        message: "etcdserver: user name is empty",
        code: 3,
      });

      await first.kill();
      await bench.member(flags).ready();

      assert.equal((await json(endpoint, "kv/range", read, token)).message, "etcdserver: invalid auth token");
      assert.equal(await etcdctl(endpoint, "--user=ann:annpw", "get", "a"), "a\n1\n");
      const snapshot = `${directory}/ours.db`;
      const refused = await tryEtcdctl(endpoint, "--user=ann:annpw", "snapshot", "save", snapshot);
      assert.match(refused.stderr, /auth: permission denied/);
      await etcdctl(endpoint, "--user=root:rootpw", "snapshot", "save", snapshot);

      // Restored by etcdctl, a real etcd knows them: the very passwords.
      const real = new RealEtcd("real", `${directory}/real`);
      // deno-fmt-ignore
      const restoreFlags = [
        "--name", real.name, "--initial-cluster", real.initialCluster, "--initial-advertise-peer-urls", real.peerUrl,
      ];
      await etcdctl(
        endpoint,
        "snapshot",
        "restore",
        snapshot,
        "--data-dir",
        `${directory}/real`,
        ...restoreFlags,
      );
      const theirs = `${directory}/theirs.db`;
      {
        await using etcd = await real.start();
        await eventually("a login", () => etcdctl(etcd.endpoint, "--user=ann:annpw", "get", "a"));
        assert.equal((await run(etcd.endpoint, "get a")).code, 1);
        await etcdctl(etcd.endpoint, "--user=root:rootpw", "snapshot", "save", theirs);
      }

      // And back: deno task restore reads what the real etcd saved.
      const [ports2] = freePorts(1) as [[number, number]];
      const restoredFlags = aloneFlags(bench, "back", ports2);
      const restore = bench.run(Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-read", "--allow-write", "workers/deno/restore_main.ts", theirs],
        ...restoredFlags.filter((flag, i, all) => isRestoreFlag(flag) || isRestoreFlag(all[i - 1] ?? "")),
      ]);
      const restored = await restore.ended;
      assert.equal(restored.code, 0, restored.output);
      await bench.member(restoredFlags).ready();
      assert.equal(await etcdctl(`127.0.0.1:${ports2[0]}`, "--user=ann:annpw", "get", "a"), "a\n1\n");
      const denied = await tryEtcdctl(`127.0.0.1:${ports2[0]}`, "--user=ann:annpw", "put", "a", "2");
      assert.match(denied.stderr, /etcdserver: permission denied/);
    });
  },
);

Deno.test("a token of one member holds at another that is behind, and a watch needs the right to its keys", async () => {
  await withCluster(freePorts(3), { extra: BRISK }, async ({ endpoints }) => {
    const root = async (path: string, body: object) => void await json(endpoints[0]!, path, body);
    await root("auth/user/add", { name: "root", password: "rootpw" });
    await root("auth/user/grant", { user: "root", role: "root" });
    await root("auth/user/add", { name: "ann", password: "annpw" });
    await root("auth/enable", {});

    for (let round = 0; round < 10; round++) {
      const { token } = await json(endpoints[round % 3]!, "auth/authenticate", {
        name: "root",
        password: "rootpw",
      });
      const put = { key: btoa("k"), value: btoa(String(round)) };
      const answers = await Promise.all(endpoints.map((endpoint) => json(endpoint, "kv/put", put, token)));
      for (const answer of answers) assert.equal(answer.message, undefined, JSON.stringify(answer));
    }

    const { token } = await json(endpoints[0]!, "auth/authenticate", { name: "ann", password: "annpw" });
    const create = { create_request: { key: btoa("k") } };
    const { result } = await json(endpoints[1]!, "watch", create, token);
    assert.equal(result.created && result.canceled, true);
    assert.equal(result.cancel_reason, "etcdserver: permission denied");
  });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** What etcdctl says at the end, without its log. */
  readonly error: string;
}

async function run(endpoint: string, line: string): Promise<Outcome> {
  const [, user, command] = /^(?:(\w+:\w+) )?(.*)$/.exec(line)!;
  const { code, stdout, stderr } = await tryEtcdctl(
    endpoint,
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...command!.split(" "),
  );
  const said = stdout.replaceAll(endpoint, "ENDPOINT").replace(/^[0-9a-f]+, started.*$/gm, "a member");
  return {
    code,
    stdout: [...new Set(said.split("\n"))].join("\n"),
    error: /^Error: .*$/m.exec(stderr)?.[0] ?? "",
  };
}

// deno-lint-ignore no-explicit-any -- what etcdctl prints as JSON is looked at field by field
async function json(endpoint: string, path: string, body: object, token?: string): Promise<any> {
  const answer = await fetch(`http://${endpoint}/v3/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: token === undefined ? {} : { Authorization: token },
  });
  if (path !== "watch") return await answer.json();
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return JSON.parse(value!.split("\n")[0]!);
}

function isRestoreFlag(flag: string): boolean {
  return ["--name", "--data-dir", "--initial-cluster", "--initial-advertise-peer-urls"].includes(flag);
}
