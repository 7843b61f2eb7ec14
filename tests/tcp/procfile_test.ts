// The Procfile runner: the tutorials' three members from one terminal, one of them stopped and started while the others
// run, everything gone on Ctrl-C; and Procfiles with mistakes.

import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { parseProcfile } from "../../workers/deno/procfile.ts";
import { etcdctl, etcdctlTest, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts } from "./member_process.ts";
import { type Bench, runCluster, withBench } from "./tools.ts";

etcdctlTest("the tutorial's Procfile: start, stop one, start it again, Ctrl-C", async () => {
  await withBench(async (bench) => {
    const ports = freePorts(3), [[control]] = freePorts(1) as [[number, number]];
    const file = `${bench.root}/Procfile`;
    Deno.writeTextFileSync(file, tutorialProcfile(ports));
    const runner = runCluster(bench, "-f", file, "-p", String(control), "start");
    for (const name of ["etcd1", "etcd2", "etcd3"]) {
      await runner.printed(new RegExp(`${name} \\| .*published \\{Name:infra`));
      await runner.printed(new RegExp(`${name} \\| .*enabled capabilities`));
    }
    const endpoint = (i: number) => `127.0.0.1:${ports[i]![0]}`;
    assert.equal(await etcdctl(endpoint(0), "put", "before", "1"), "OK\n");

    // As the tutorial does it: one member less, and back.
    await say(bench, control, 0, "run", "stop", "etcd1");
    assert.match(runner.output, /etcd1 \| Terminating etcd1/);
    assert.notEqual(
      (await tryEtcdctl(endpoint(0), "--dial-timeout=1s", "--command-timeout=1s", "get", "before")).code,
      0,
    );
    // The one that stopped may have led; what was on its way there is lost, the next put finds the new leader.
    await eventually("a put", () => etcdctl(endpoint(1), "--command-timeout=1s", "put", "meanwhile", "2"));
    assert.equal(await say(bench, control, 0, "run", "status"), " etcd1\n*etcd2\n*etcd3\n");
    assert.match(await say(bench, control, 1, "run", "stop", "etcd1"), /^error: etcd1 does not run$/m);
    assert.match(
      await say(bench, control, 1, "run", "start", "etcd9"),
      /unknown proc: etcd9; there are etcd1, etcd2/,
    );
    await say(bench, control, 0, "run", "start", "etcd1");
    await runner.printed(
      /Terminating etcd1[^]*etcd1 \| .*read [1-9]\d* entries from the log[^]*etcd1 \| .*enabled cap/,
    );
    assert.equal(await etcdctl(endpoint(0), "get", "meanwhile"), "meanwhile\n2\n");
    assert.equal(await say(bench, control, 0, "run", "list"), "etcd1\netcd2\netcd3\n");

    // A second cluster at the same control port is refused, and disturbs nobody.
    const second = await runCluster(bench, "-f", file, "-p", String(control), "start").ended;
    assert.match(second.output, /port \d+ is taken: another cluster runs here/);

    const { code } = await runner.kill("SIGINT");
    assert.equal(code, 0);
    for (const [client] of ports) await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: client }));
    assert.match(
      await say(bench, control, 1, "run", "list"),
      /^error: no cluster answers "list" on 127.0.0.1:/,
    );
  });
});

Deno.test("whatever a line starts ends with it, and a runner whose processes fail says so", async () => {
  await withBench(async (bench) => {
    const [[control]] = freePorts(1) as [[number, number]];
    const file = `${bench.root}/Procfile`;
    Deno.writeTextFileSync(
      file,
      [
        "# quotes, variables in front, comments: the shell's business",
        "greet: GREETING='hello  there' sh -c 'echo \"$GREETING at $PORT\"; sleep 1000' # and so is this",
        "family: sleep 1001 & sleep 1002 & echo $!; wait",
        "",
      ].join("\n"),
    );
    const runner = runCluster(bench, "-f", file, "-p", String(control), "start");
    await runner.printed(/greet \| hello {2}there at 5000/);
    await runner.printed(/family \| \d+/);
    const child = Number(/family \| (\d+)/.exec(runner.output)![1]);

    await say(bench, control, 0, "run", "stop", "family");

    assert(!runs(child), "the child of the line is gone, too");
    await runner.kill("SIGTERM");

    Deno.writeTextFileSync(file, "bad: exit 3\nworse: nothing-of-this-name\n");
    const { code, output } = await runCluster(bench, "-f", file, "-p", String(control), "start").ended;
    assert.equal(code, 1);
    assert.match(output, /Terminating bad \(status 3\)/);
    assert.match(output, /Terminating worse \(status 127\)/);
  });
});

Deno.test("check names the processes in order, and a Procfile's mistake with its line", async () => {
  await withBench(async (bench) => {
    const file = `${bench.root}/Procfile`;
    const check = async (text: string) => {
      Deno.writeTextFileSync(file, text);
      const { code, output } = await runCluster(bench, "-f", file, "check").ended;
      return `${code} ${output.trim().replaceAll(bench.root + "/", "")}`;
    };

    assert.equal(
      await check("etcd3: b\netcd1: a\n\netcd2: c\n"),
      "0 valid procfile detected (etcd1, etcd2, etcd3)",
    );
    // A line that came along when the tutorial's page was copied.
    assert.match(
      await check("a: x\nb: y\n复制代码\n"),
      /^1 error: Procfile:3: "复制代码" is not "name: command"; mend/,
    );
    assert.match(await check("a: x\n# fine\na: y\n"), /^1 error: Procfile:3: a is on line 1 already; give/);
    assert.match(await check("a:\n"), /^1 error: Procfile:1: a has no command/);
    assert.match(
      await check("a: x\nb: echo 'open\n"),
      /^1 error: Procfile:2: the shell does not understand b: /,
    );
    assert.match(await check("\n"), /^1 error: Procfile names no process/);
    const missing = await runCluster(bench, "-f", `${bench.root}/none`, "check").ended;
    assert.match(missing.output, /^error: cannot read .*none: .*name the Procfile with -f/);
  });
});

Deno.test("bin/etcd means the member, and the project's own Procfile holds three", () => {
  const read = parseProcfile("P", "e: A=1 bin/etcd --name a\nf: ./bin/etcd\ng: my/bin/etcd x\n");
  assert(read.kind === "procfile");
  assert.deepEqual(read.entries.map(({ command }) => command), [
    "A=1 etcd --name a",
    "etcd",
    "my/bin/etcd x",
  ]);

  const own = parseProcfile("Procfile", Deno.readTextFileSync(new URL("../../Procfile", import.meta.url)));
  assert(own.kind === "procfile");
  assert.deepEqual(own.entries.map(({ name }) => name), ["etcd1", "etcd2", "etcd3"]);
});

Deno.test("bin/etcd runs the member with the task's own permissions", () => {
  const script = Deno.readTextFileSync(new URL("../../bin/etcd", import.meta.url)).replaceAll("\\\n", "");
  const flags = (text: string) => text.match(/--(?:no-prompt|unstable|allow|ignore)\S*/g);

  assert.deepEqual(flags(script), flags(denoJson.tasks.member));
});

/** A process that has ended may linger by name until its parent looks: that is a Z. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

/** The tutorials' own lines, with `bin/etcd` in one of them. */
function tutorialProcfile(ports: readonly (readonly [number, number])[]): string {
  const all = ports.map(([, peer], i) => `infra${i + 1}=http://127.0.0.1:${peer}`).join(",");
  return ports.map(([client, peer], i) =>
    `etcd${i + 1}: ${i === 2 ? "bin/etcd" : "etcd"} --name infra${i + 1} ` +
    `--listen-client-urls http://127.0.0.1:${client} --advertise-client-urls http://127.0.0.1:${client} ` +
    `--listen-peer-urls http://127.0.0.1:${peer} --initial-advertise-peer-urls http://127.0.0.1:${peer} ` +
    `--initial-cluster-token etcd-cluster-1 --initial-cluster '${all}' --initial-cluster-state new --enable-pprof ` +
    "--logger=zap --log-outputs=stderr\n"
  ).join("");
}

/** What the runner answers; the exit status must be this. */
async function say(bench: Bench, port: number, status: number, ...words: readonly string[]): Promise<string> {
  const { code, output } = await runCluster(bench, "-p", String(port), ...words).ended;
  assert.equal(code, status, output);
  return output;
}
