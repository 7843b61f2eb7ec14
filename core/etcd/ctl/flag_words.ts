// Flags among the words of a command, anywhere among its arguments, in the manner of Go's pflag: "--name value",
// "--name=value", "-w table", "-wtable"; a bare "--" ends them.

export type FlagKind = "bool" | "string" | "int" | "duration" | "strings";

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  /** As the usage shows it: `[=false]`, `="simple"`, `=0`. */
  readonly shownDefault: string;
  readonly about: string;
}

export interface ParsedWords {
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

export type FlagTrouble = { readonly why: string };

/** Flags by name with their values as text ("true" for a bare bool), and what is left. */
export function parseFlags(words: readonly string[], specs: readonly FlagSpec[]): ParsedWords | FlagTrouble {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") {
      rest.push(...words.slice(at + 1));
      break;
    }
    if (word === "-" || !word.startsWith("-")) {
      rest.push(word);
      continue;
    }
    const split = splitFlag(word, specs);
    if ("why" in split) return split;
    const { spec, shown } = split;
    let { value } = split;
    if (value === null && spec.kind === "bool") value = "true";
    if (value === null) {
      at += 1;
      if (at >= words.length) {
        return {
          why: word.startsWith("--")
            ? `flag needs an argument: --${spec.name}`
            : `flag needs an argument: '${spec.short}' in ${word}`,
        };
      }
      value = words[at]!;
    }
    const trouble = valueTrouble(spec, value);
    if (trouble !== null) return { why: `invalid argument "${value}" for "${shown}" flag: ${trouble}` };
    flags.set(spec.name, spec.kind === "bool" ? String(/^(1|t|true)$/i.test(value)) : value);
  }
  return { flags, rest };
}

function splitFlag(
  word: string,
  specs: readonly FlagSpec[],
): { spec: FlagSpec; value: string | null; shown: string } | FlagTrouble {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) return { why: `unknown flag: --${name}` };
    const shown = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
    return { spec, value: equals < 0 ? null : word.slice(equals + 1), shown };
  }
  const spec = specs.find((one) => one.short === word[1]);
  if (spec === undefined) return { why: `unknown shorthand flag: '${word[1]}' in ${word}` };
  const glued = word.slice(2);
  const value = glued === "" ? null : glued.startsWith("=") ? glued.slice(1) : glued;
  return { spec, value, shown: `-${spec.short}, --${spec.name}` };
}

function valueTrouble(spec: FlagSpec, value: string): string | null {
  switch (spec.kind) {
    case "bool":
      return /^(1|t|true|0|f|false)$/i.test(value)
        ? null
        : `strconv.ParseBool: parsing "${value}": invalid syntax`;
    case "int":
      return /^[+-]?\d+$/.test(value) ? null : `strconv.ParseInt: parsing "${value}": invalid syntax`;
    case "duration":
      return /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$|^0$/.test(value)
        ? null
        : `time: invalid duration "${value}"`;
    case "string":
    case "strings":
      return null;
  }
}
