// Files from chunks: how the pieces that `IndexedDbDisk` stores become whole files again, with every doubt about them
// answered before a member sees a byte.

import { concatBytes } from "../../core/base/bytes.ts";

export interface AssembledFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly chunkCount: number;
}

/**
 * The files that these chunks make up, checked: whatever is in a browser's storage may have been touched by others.
 * @param keys in the order of the database, `values` beside them.
 */
export function assembleFiles(
  keys: readonly unknown[],
  values: readonly unknown[],
): { readonly kind: "files"; readonly files: readonly AssembledFile[] } | {
  readonly kind: "failed";
  readonly why: string;
} {
  const files: AssembledFile[] = [];
  for (let first = 0; first < keys.length;) {
    const file = fileOf(keys[first]);
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    let at = first;
    for (; at < keys.length && fileOf(keys[at]) === file; at++) {
      const offsetBytes = offsetOf(keys[at]);
      const chunk = values[at];
      if (file === null || offsetBytes === null || !(chunk instanceof Uint8Array)) {
        return { kind: "failed", why: `its storage holds something that is no chunk of a file` };
      }
      if (offsetBytes > sizeBytes) {
        return {
          kind: "failed",
          why: `${offsetBytes - sizeBytes} bytes of ${file} are missing at ${sizeBytes}`,
        };
      }
      const nextIsOurs = at + 1 < keys.length && fileOf(keys[at + 1]) === file;
      const end = nextIsOurs ? offsetOf(keys[at + 1]) ?? 0 : Infinity;
      const part = chunk.subarray(0, Math.min(chunk.length, end - offsetBytes));
      parts.push(part);
      sizeBytes = offsetBytes + part.length;
    }
    files.push({ file: file!, bytes: concatBytes(parts), chunkCount: parts.length });
    first = at;
  }
  return { kind: "files", files };
}

function fileOf(key: unknown): string | null {
  return Array.isArray(key) && key.length === 2 && typeof key[0] === "string" ? key[0] : null;
}

function offsetOf(key: unknown): number | null {
  const offset: unknown = Array.isArray(key) ? key[1] : null;
  return Number.isSafeInteger(offset) && (offset as number) >= 0 ? offset as number : null;
}
