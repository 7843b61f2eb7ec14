// Everything that must hold, in one command: types, format, lint, then the tests, each group in a process of its own
// so that what is slow runs beside what is quick. Closes with the plain line `N passed, N failed`.
//
//   deno task test            everything
//   deno task test core tcp   only these groups

interface Step {
  readonly name: string;
  readonly group: string;
  readonly args: readonly string[];
  /** A deno test run: its own counts are added up. Other steps count as one. */
  readonly isTest: boolean;
}

const deno = (name: string, group: string, ...args: string[]): Step => ({ name, group, args, isTest: false });
const test = (name: string, group: string, ...args: string[]): Step => ({
  name,
  group,
  args: ["test", "-A", "--no-check", ...args],
  isTest: true,
});

const CHECKS: readonly Step[] = [
  deno("format", "style", "fmt", "--check", "-q"),
  deno("lint", "style", "lint", "-q"),
  deno("types: Deno, tests", "types", "check", "-q", "core", "workers/deno", "tests"),
  deno(
    "types: core without a platform",
    "types",
    "run",
    "-A",
    "node_modules/typescript/bin/tsc",
    "-p",
    "core",
  ),
  deno(
    "types: page",
    "types",
    "run",
    "-A",
    "node_modules/svelte-check/bin/svelte-check",
    "--tsconfig",
    "./tsconfig.json",
    "--fail-on-warnings",
  ),
];

const TESTS: readonly Step[] = [
  test(
    "core",
    "core",
    "tests/core",
    "tests/paper",
    "tests/raft_testdata",
    "tests/scenarios",
    "tests/lessons",
    "tests/fuzz",
    "tests/boundaries_test.ts",
  ),
  test("simulator seeds", "vopr", "--parallel", "tests/vopr"),
  test("TCP members, etcdctl", "tcp", "tests/tcp"),
  test("browser", "web", "tests/web"),
];

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const wanted = new Set(Deno.args);
const steps = [...CHECKS, ...TESTS].filter((step) => wanted.size === 0 || wanted.has(step.group));
if (steps.length === 0) {
  const groups = [...new Set([...CHECKS, ...TESTS].map((step) => step.group))];
  console.error(`no such group; there are: ${groups.join(", ")}`);
  Deno.exit(2);
}

let total: Outcome = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) total = add(total, await run(step));
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
Deno.exit(total.failed === 0 ? 0 : 1);

async function run(step: Step): Promise<Outcome> {
  const startedMs = performance.now();
  console.log(`── ${step.name}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...step.args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const [output] = await Promise.all([relay(child.stdout, step.isTest), relay(child.stderr, true)]);
  const { success } = await child.status;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const outcome = step.isTest
    ? countsIn(output, success)
    : { passed: +success, failed: +!success, skipped: 0 };
  if (!step.isTest && !success) console.log(output);
  console.log(
    `   ${success ? "ok" : "FAILED"}, ${outcome.passed} passed, ${outcome.failed} failed, ${seconds} s`,
  );
  return outcome;
}

/** Shows output as it comes, where `show` asks for it, and returns all of it. */
async function relay(stream: ReadableStream<Uint8Array<ArrayBuffer>>, show: boolean): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (show) await Deno.stdout.write(new TextEncoder().encode(chunk));
  }
  return text;
}

/** deno test ends with "ok | 12 passed | 0 failed | 3 ignored (2s)"; a run that broke off before counts as one failure. */
function countsIn(output: string, success: boolean): Outcome {
  const closing =
    /(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/g;
  const last = [...output.matchAll(closing)].at(-1);
  if (!last) return { passed: 0, failed: 1, skipped: 0 };
  const failed = Number(last[2]);
  return {
    passed: Number(last[1]),
    failed: success ? failed : Math.max(failed, 1),
    skipped: Number(last[3] ?? 0),
  };
}

function add(a: Outcome, b: Outcome): Outcome {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
