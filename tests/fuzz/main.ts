// deno task fuzz [--seed S] [--seconds N] [--target NAME]
//
// Fuzzes every decoder for N seconds (default 20), each from the seed (default: drawn, and printed). What is found is
// kept in tests/fuzz/corpus, where the suite plays it from then on.

import { crc32c } from "../../core/base/crc32c.ts";
import { keep } from "./corpus.ts";
import { allTargets } from "./targets/mod.ts";
import { watched } from "./watch.ts";

const options = readOptions(Deno.args);
if (typeof options === "string") {
  console.error(`${options}\nusage: deno task fuzz [--seed S] [--seconds N] [--target NAME]`);
  Deno.exit(2);
}
const targets = (await allTargets()).filter(({ name }) => options.target === null || name === options.target);
if (targets.length === 0) {
  console.error(
    `there is no target ${options.target}; there are: ${(await allTargets()).map((t) => t.name)}`,
  );
  Deno.exit(2);
}
console.log(`seed ${options.seed}, ${options.seconds} s for each of ${targets.length} decoders`);
let inputCount = 0, findingCount = 0;
for (const { name } of targets) {
  const msMax = options.seconds * 1000;
  const tally = await watched({ target: name, seed: options.seed, countMax: 1e9, msMax });
  inputCount += tally.inputCount;
  const validPercent = Math.round(tally.validCount * 100 / Math.max(1, tally.inputCount));
  console.log(
    `${name.padEnd(18)} ${String(tally.inputCount).padStart(9)} inputs, ${validPercent} % taken for valid`,
  );
  for (const { input, why } of tally.findings) {
    findingCount += 1;
    const check = crc32c(input).toString(16).padStart(8, "0");
    console.log(`  ${keep(name, `found-${check}`, input)}\n  ${why.split("\n").slice(0, 6).join("\n  ")}`);
  }
}
console.log(`${inputCount} inputs, ${findingCount} findings`);
Deno.exit(findingCount === 0 ? 0 : 1);

function readOptions(args: readonly string[]) {
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]!, value = args[at + 1];
    if (!["--seed", "--seconds", "--target"].includes(name)) return `unknown option ${name}`;
    if (value === undefined) return `${name} needs a value`;
    values.set(name, value);
  }
  const seed = Number(values.get("--seed") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const seconds = Number(values.get("--seconds") ?? 20);
  if (!Number.isSafeInteger(seed) || seed < 0) return "--seed takes a whole number from 0";
  if (!(seconds > 0 && seconds <= 86_400)) return "--seconds takes a number from above 0 to 86400";
  return { seed, seconds, target: values.get("--target") ?? null };
}
