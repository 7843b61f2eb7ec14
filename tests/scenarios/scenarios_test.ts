// Every scenario comes out as its file says. `deno task scenarios --rewrite` takes a changed outcome over; read the
// difference first.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { differenceText, playScenario } from "../../core/script/mod.ts";
import { scenarioFiles } from "./scenario_files.ts";

for (const file of scenarioFiles((folder) => readdirSync(folder))) {
  Deno.test(`scenario ${file.split("/").at(-1)} comes out as written`, () => {
    const text = readFileSync(file, "utf8");

    const { steps } = playScenario(text, file);

    const difference = differenceText(steps, file);
    assert(difference === "", `\n${difference}\n\nplay it: deno task scenarios ${file}`);
    assert(steps.length > 0 && text.startsWith("#"), "a scenario opens with its story and has steps");
  });
}
