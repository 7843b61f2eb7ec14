// Where the scenarios lie.

import { relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The `.txt` files of this folder, in order of name, as paths from the working directory. */
export function scenarioFiles(namesIn: (folder: string) => readonly string[]): readonly string[] {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  return namesIn(folder).filter((name) => name.endsWith(".txt")).sort()
    .map((name) => relative(process.cwd(), `${folder}${name}`));
}
