// What of a file's expectation, and of our output, is compared.

/** Log lines that tell of roles and configurations. Their wording is fixed by the files, their content must agree. */
const TELLING =
  /^\s*INFO \S+ (became (follower|pre-candidate|candidate|leader) at term|switched to configuration) /;
const LOG_LINE = /^\s*(DEBUG|INFO|WARN|ERROR) /;

/** @param text the output of a command of an interaction file. */
export function canonicalInteraction(text: string): string {
  const lines = text.split("\n")
    .map((line) => line.trimEnd().replace(/Ready MustSync=(true|false):/, "Ready:"))
    .filter((line) => line !== "" && (!LOG_LINE.test(line) || TELLING.test(line)));
  return lines.length === 0 ? "ok" : lines.join("\n");
}

/** @param text the output of a command of a quorum file: its last line, after the chart of who acknowledged what. */
export function canonicalQuorum(text: string): string {
  return text.trimEnd().split("\n").at(-1)!.replace("<empty majority quorum>", "");
}

/** @param text the output of a command of a confchange file. */
export function canonicalConfChange(text: string): string {
  return text.trimEnd();
}
