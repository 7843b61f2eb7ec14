// deno task run LINK|FILE: plays a shared run in the simulator, without a browser, up to the moment that it names,
// and says whether it comes to the same hash there.

import { openRun, readRunText, type RunReading } from "../../core/timeline/run_file.ts";
import { readRunQuery } from "../share/run_link.ts";

const USAGE = "usage: deno task run LINK|FILE   (a link of a page: …#/run?…; a file that a page saved)";

async function read(what: string): Promise<RunReading> {
  const query = /#\/run\?(.*)$/s.exec(what)?.[1];
  if (query !== undefined) return await readRunQuery(new URLSearchParams(query));
  return readRunText(await Deno.readTextFile(what));
}

/** @returns what to print, and the code to exit with. */
export async function playShared(
  what: string,
): Promise<{ readonly lines: readonly string[]; readonly code: number }> {
  const failed = (line: string) => ({ lines: [line], code: 1 });
  let reading: RunReading;
  try {
    reading = await read(what);
  } catch (error) {
    return failed(`cannot be read: ${(error as Error).message}`);
  }
  switch (reading.kind) {
    case "notARun":
      return failed("this is no run of Flotilla");
    case "newer":
      return failed(`this run was made by a newer version of Flotilla (its format is ${reading.version})`);
    case "broken":
      return failed(`this run is broken: ${reading.why}`);
    case "run":
      break;
  }
  const { plan, actions, at } = reading.file;
  const opening = openRun(reading.file);
  if (opening.kind === "broken") return failed(`this run is broken: ${opening.why}`);
  const { run, agrees } = opening;
  const rows = run.sim.views().map(({ name, role, term, commit, applied, kvHash }) =>
    `  ${name}  ${role}, term ${term}, committed ${commit}, applied ${applied}, keys ${kvHash}`
  );
  const lines = [
    `${plan.size} members, ${plan.profile} timing, ${plan.rules} rules, seed ${
      plan.seed.toString(16)
    }, ${actions.length} actions`,
    `event ${run.eventNumber} at ${run.nowMs} ms, hash ${run.hash}`,
    ...rows,
    ...(run.violation === null ? [] : [`broken: ${run.violation.message}`]),
    ...(at === null
      ? []
      : [agrees ? "the same as its sender saw" : `its sender saw another hash there: ${at.hash}`]),
  ];
  return { lines, code: agrees ? 0 : 1 };
}

if (import.meta.main) {
  const [what] = Deno.args;
  if (what === undefined || Deno.args.length !== 1) {
    console.error(USAGE);
    Deno.exit(2);
  }
  const { lines, code } = await playShared(what);
  for (const line of lines) console.log(line);
  Deno.exit(code);
}
