// `deno task scenarios [--rewrite] [file…]`: plays scenario files and shows where they differ from what they expect;
// with --rewrite the files take what really came. Without files: all of this folder.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { differenceText, playScenario, replayedText, ScenarioError } from "../../core/script/mod.ts";
import { scenarioFiles } from "./scenario_files.ts";

const { rewrite, files } = readArguments(process.argv.slice(2));
let differing = 0;
for (const file of files) {
  try {
    const text = readFileSync(file, "utf8");
    const { steps } = playScenario(text, file);
    const difference = differenceText(steps, file);
    if (difference === "") {
      console.log(`${file}: ${steps.length} steps, as expected`);
      continue;
    }
    differing += 1;
    console.log(difference);
    if (rewrite) {
      writeFileSync(file, replayedText(text, file));
      console.log(`${file}: rewritten`);
    }
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    differing += 1;
    console.log(error.message);
  }
}
if (differing > 0 && !rewrite) process.exitCode = 1;

function readArguments(words: readonly string[]): { rewrite: boolean; files: readonly string[] } {
  const unknown = words.find((word) => word.startsWith("-") && word !== "--rewrite");
  if (unknown !== undefined) {
    console.error(`unknown flag ${unknown}; usage: deno task scenarios [--rewrite] [file…]`);
    process.exit(2);
  }
  const named = words.filter((word) => !word.startsWith("-"));
  return {
    rewrite: words.includes("--rewrite"),
    files: named.length > 0 ? named : scenarioFiles((folder) => readdirSync(folder)),
  };
}
