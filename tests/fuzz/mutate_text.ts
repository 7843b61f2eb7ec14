// Text made worse with its structure kept: JSON values exchanged, doubled, nested and lost; words and lines exchanged.

import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import type { Prng } from "../../core/base/prng.ts";
import { mutateBytes, type Mutator } from "./mutate_bytes.ts";

const DEPTH_MAX = 12;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  9007199254740993,
  "18446744073709551616",
  "",
  "a",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
  [],
  {},
  [[]],
  { kind: null },
];

const ODD_KEYS = ["__proto__", "constructor", "toString", "length", "", "kind", "$b", "$m", "$s"];

/** For JSON; what is none, is changed as words. */
export const mutateJson: Mutator = (prng, bytes, others) => {
  if (prng.chance(250)) return mutateWords(prng, bytes, others);
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    return mutateWords(prng, bytes, others);
  }
  const changeCount = prng.pick([1, 1, 2, 5]);
  for (let change = 0; change < changeCount; change++) value = changed(prng, value, 0);
  if (prng.chance(20)) return utf8(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  if (prng.chance(20)) return utf8('{"a":'.repeat(5_000) + "1" + "}".repeat(5_000));
  return utf8(JSON.stringify(value));
};

function changed(prng: Prng, value: unknown, depth: number): unknown {
  const isParent = typeof value === "object" && value !== null;
  if (!isParent || depth >= DEPTH_MAX || prng.chance(100)) {
    if (typeof value === "number" && prng.chance(500)) {
      return prng.pick([value + 1, value - 1, -value, value * 2 ** 40, value + 0.5, Number.MAX_SAFE_INTEGER]);
    }
    return prng.pick(ODD_VALUES);
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0) return prng.pick(ODD_VALUES);
  const at = prng.below(entries.length);
  const [key, child] = entries[at]!;
  switch (prng.below(8)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries.splice(at, 0, Array.isArray(value) ? [key, child] : [prng.pick(ODD_KEYS), child]);
      break;
    case 2: {
      const other = prng.below(entries.length);
      const held = entries[at]![1];
      entries[at]![1] = entries[other]![1];
      entries[other]![1] = held;
      break;
    }
    case 3:
      entries[at]![1] = [child];
      break;
    case 4:
      entries.push([prng.pick(ODD_KEYS), prng.pick(ODD_VALUES)]);
      break;
    default:
      entries[at]![1] = changed(prng, child, depth + 1);
  }
  if (Array.isArray(value)) return entries.map(([, item]) => item);
  // As JSON says it: "__proto__" becomes a field like any other.
  return JSON.parse(`{${entries.map(([name, item]) => `${JSON.stringify(name)}:${JSON.stringify(item)}`)}}`);
}

const ODD_WORDS: readonly string[] = [
  "",
  "-",
  "--",
  "=",
  "--=",
  "'",
  '"',
  "\\",
  "%00",
  "%",
  "%zz",
  "&",
  ":",
  "http://",
  "http://[::1",
  "http://a:99999",
  "[::]:0",
  "-1",
  "99999999999999999999",
  "1e9",
  "NaN",
  "Infinity",
  "*a: &a *a",
  "&a [*a, *a]",
  "!!binary x",
  "<<: x",
  "\u0000",
  "\uffff",
  "\u202e",
  "😀",
  "\r",
  "\t",
  "#",
];

/** For everything else that is text. */
export const mutateWords: Mutator = (prng, bytes, others) => {
  if (prng.chance(300)) return mutateBytes(prng, bytes, others);
  const separator = prng.pick(["\n", " ", "=", ",", "&", "/", ":"]);
  const words = fromUtf8(bytes).split(separator);
  const changeCount = prng.pick([1, 1, 2, 6]);
  for (let change = 0; change < changeCount; change++) {
    const at = prng.below(words.length + 1);
    switch (prng.below(5)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, prng.pick(ODD_WORDS));
        break;
      case 2:
        words.splice(at, 1, prng.pick(ODD_WORDS));
        break;
      case 3:
        words.splice(at, 0, ...words.slice(at, at + 1 + prng.below(8)));
        break;
      default: {
        const other = others.length === 0 ? [] : fromUtf8(prng.pick(others)).split(separator);
        words.splice(at, 0, ...other.slice(prng.below(other.length + 1)));
      }
    }
    if (words.length === 0) words.push("");
  }
  return utf8(words.join(separator));
};
