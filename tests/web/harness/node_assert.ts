// The part of `node:assert/strict` that the contract suites use, for a page: they are written once and run in every
// home.

export default {
  equal(actual: unknown, expected: unknown): void {
    if (!Object.is(actual, expected)) throw new Error(`${show(actual)} is not ${show(expected)}`);
  },

  deepEqual(actual: unknown, expected: unknown): void {
    if (!isDeepEqual(actual, expected)) throw new Error(`${show(actual)} is not ${show(expected)}`);
  },
};

function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => isDeepEqual(a[key as keyof typeof a], b[key as keyof typeof b]));
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
