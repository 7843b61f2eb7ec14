// Copies plain data, so that a keyframe and the machine it was taken from share nothing that changes.

/**
 * A deep copy of objects, arrays, Maps and Sets; numbers, strings and the like are themselves. Uint8Arrays are
 * shared: bytes are never changed in place anywhere in the core.
 */
export function clonePlain<T>(value: T): T {
  return clone(value) as T;
}

function clone(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(clone);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [clone(key), clone(item)]));
  if (value instanceof Set) return new Set([...value].map(clone));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clone(item)]));
}
