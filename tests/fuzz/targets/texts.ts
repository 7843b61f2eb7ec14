// What people and their tools write: flags, files, links, saved runs, scenarios.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { drawHuntPlan } from "../../../core/check/hunt_plan.ts";
import { decodeRunFile, encodeRunFile, runFileOf } from "../../../core/check/run_file.ts";
import { splitWords } from "../../../core/etcd/ctl/words.ts";
import { parseCommandLine, parseConfigValues } from "../../../core/etcd/flags.ts";
import { readInitialCluster } from "../../../core/etcd/initial_cluster.ts";
import { parseScenario } from "../../../core/script/parse.ts";
import { ScenarioError } from "../../../core/script/scenario_error.ts";
import { SimRun } from "../../../core/timeline/run.ts";
import { fileOf, readRunText, runFileToText } from "../../../core/timeline/run_file.ts";
import { parseConfigFile } from "../../../workers/deno/config_file.ts";
import { parseProcfile } from "../../../workers/deno/procfile.ts";
import { readRunQuery, runQuery } from "../../../workers/share/run_link.ts";
import { mutateBytes } from "../mutate_bytes.ts";
import { mutateJson, mutateWords } from "../mutate_text.ts";
import type { Target } from "../target.ts";

const FLAG_LINES: readonly string[] = [
  "--name\ninfra1\n--initial-cluster\ninfra1=http://127.0.0.1:2380,infra2=http://127.0.0.1:2381\n" +
  "--initial-advertise-peer-urls\nhttp://127.0.0.1:2380\n--listen-peer-urls=http://127.0.0.1:2380",
  "-heartbeat-interval=50\n--election-timeout\n500\n--pre-vote=F\n--quota-backend-bytes\n-1\n" +
  "--auto-compaction-retention=1h\n--auto-compaction-mode\nperiodic",
  "--discovery\nhttps://discovery.example.org/abc\n--proxy\non\n--log-outputs=stderr",
];

const CONFIG = `name: infra1
listen-client-urls: http://127.0.0.1:2379
advertise-client-urls: http://127.0.0.1:2379
initial-cluster: infra1=http://127.0.0.1:2380
cors: [a, b]
client-transport-security:
  cert-file: ""
  auto-tls: false
`;

const PROCFILE = `# a comment
etcd1: etcd --name infra1 --data-dir 'a b'
etcd2: FOO=bar bin/etcd --name infra2
`;

function aRun(): SimRun {
  const run = new SimRun({ plan: { size: 3, profile: "etcd", rules: "etcd", seed: 7 } });
  run.advanceTo(1_500);
  run.act({ kind: "crash", member: run.sim.leader()! });
  run.advanceTo(2_500);
  return run;
}

export const TEXT_TARGETS: readonly Target[] = [
  {
    name: "flags",
    seeds: () => FLAG_LINES.map(utf8),
    mutators: [mutateWords],
    run: (bytes) => {
      const command = parseCommandLine(fromUtf8(bytes).split("\n"), new Map());
      if (command.kind !== "config") return false;
      readInitialCluster(command);
      return true;
    },
  },
  {
    name: "config_file",
    seeds: () => [utf8(CONFIG), utf8('{"name": "infra1", "snapshot-count": 5}')],
    mutators: [mutateWords, mutateBytes],
    run: (bytes) => {
      const file = parseConfigFile("f", fromUtf8(bytes));
      return file.kind === "values" && parseConfigValues("f", file.values).kind === "config";
    },
  },
  {
    name: "procfile",
    seeds: () => [utf8(PROCFILE)],
    mutators: [mutateWords],
    run: (bytes) => parseProcfile("Procfile", fromUtf8(bytes)).kind === "procfile",
  },
  {
    name: "shell_words",
    seeds: () => [utf8(`put "a b" 'c' \\d "\\"" --prefix=x`)],
    mutators: [mutateWords],
    run: (bytes) => splitWords(fromUtf8(bytes)).kind === "words",
  },
  {
    name: "scenario",
    seeds: () => [utf8('# why\nput x "two words"\n----\nok\n\ncrash leader\n----\n')],
    mutators: [mutateWords],
    run: (bytes) => {
      try {
        parseScenario(fromUtf8(bytes), "f");
        return true;
      } catch (error) {
        if (error instanceof ScenarioError) return false;
        throw error;
      }
    },
  },
  {
    name: "run_text",
    seeds: () => [utf8(runFileToText(fileOf(aRun())))],
    mutators: [mutateJson],
    run: (bytes) => {
      const reading = readRunText(fromUtf8(bytes));
      if (reading.kind !== "run") return false;
      const again = readRunText(runFileToText(reading.file));
      assert.deepEqual(again, reading, "a run does not come back as it was");
      return true;
    },
  },
  {
    name: "hunt_run_file",
    seeds: () => [utf8(encodeRunFile(runFileOf({ ...drawHuntPlan(3), stormMs: 200, calmMsMax: 2_000 }, [])))],
    mutators: [mutateJson],
    run: (bytes) => decodeRunFile(fromUtf8(bytes)).kind === "run",
  },
];

/** Whose seeds cannot be made without waiting. */
export async function linkTarget(): Promise<Target> {
  const run = aRun();
  const links = [await runQuery(fileOf(run)), new URLSearchParams("v=1&s=7c1f&n=5&p=teach&r=etcd")];
  return {
    name: "run_link",
    seeds: () => links.map((query) => utf8(query.toString())),
    mutators: [mutateWords, mutateBytes],
    run: async (bytes) => (await readRunQuery(new URLSearchParams(fromUtf8(bytes)))).kind === "run",
    // A link may hold a run of 16 million letters, deflated.
    memoryBytesMax: 256 * 1024 * 1024,
  };
}
