// Plays one file, or a directory of them, and says where the core differs.

import { canonicalConfChange, canonicalInteraction, canonicalQuorum } from "./canonical.ts";
import { ConfChangeWorld } from "./confchange.ts";
import { type Case, parseCases } from "./datadriven.ts";
import { InteractionWorld } from "./interaction.ts";
import { runQuorumCase } from "./quorum.ts";

export type Suite = "interaction" | "quorum" | "confchange";

export type Verdict =
  | { readonly kind: "ok"; readonly commandCount: number }
  | { readonly kind: "skipped"; readonly why: string }
  | { readonly kind: "differs"; readonly line: number; readonly command: string; readonly details: string };

export interface Played {
  readonly name: string;
  readonly verdict: Verdict;
}

/** Where each suite may lie: as this project's collection has it, and as the reference's repository has it. */
const FOLDERS: Readonly<Record<Suite, readonly string[]>> = {
  interaction: ["interaction", "testdata"],
  quorum: ["quorum", "quorum/testdata"],
  confchange: ["confchange", "confchange/testdata"],
};

/** Plays every *.txt below `directory`, in the order of their names. */
export function playDirectory(directory: string): readonly Played[] {
  const played: Played[] = [];
  for (const suite of ["interaction", "quorum", "confchange"] as const) {
    for (const folder of FOLDERS[suite]) {
      for (const file of textFilesIn(`${directory}/${folder}`)) {
        const text = Deno.readTextFileSync(`${directory}/${folder}/${file}`);
        played.push({ name: `${suite}/${file}`, verdict: playText(suite, text) });
      }
    }
  }
  return played;
}

function textFilesIn(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".txt"))
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Plays one file up to the first command at which the core differs. */
export function playText(suite: Suite, text: string): Verdict {
  const cases = parseCases(text);
  if (cases.some(({ args }) => args.some(({ key }) => key === "async-storage-writes"))) {
    return { kind: "skipped", why: "it writes by asynchronous storage messages, which this core has not" };
  }
  const { run, canonical } = playerFor(suite);
  for (const each of cases) {
    const expected = canonical(each.expected);
    let got: string;
    try {
      got = canonical(run(each));
    } catch (error) {
      got = `threw ${error instanceof Error ? error.message : error}`;
    }
    if (got !== expected) {
      return { kind: "differs", line: each.line, command: each.command, details: difference(expected, got) };
    }
  }
  return { kind: "ok", commandCount: cases.length };
}

function playerFor(suite: Suite): { run(command: Case): string; canonical(text: string): string } {
  switch (suite) {
    case "interaction": {
      const world = new InteractionWorld();
      return { run: (each) => world.run(each), canonical: canonicalInteraction };
    }
    case "quorum":
      return { run: runQuorumCase, canonical: canonicalQuorum };
    case "confchange": {
      const world = new ConfChangeWorld();
      return { run: (each) => world.run(each), canonical: canonicalConfChange };
    }
  }
}

/** The first line that differs, with the ones before it. */
function difference(expected: string, got: string): string {
  const wanted = expected.split("\n");
  const had = got.split("\n");
  const at = wanted.findIndex((line, i) => line !== had[i]);
  const first = at < 0 ? wanted.length : at;
  const context = wanted.slice(Math.max(0, first - 3), first).map((line) => `    ${line}`);
  return [
    ...context,
    `  expected ${wanted[first] ?? "(nothing more)"}`,
    `  got      ${had[first] ?? "(nothing more)"}`,
  ].join("\n");
}
