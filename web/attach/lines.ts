// Streams of JSON, one value a line, as etcd's gateway and our members send them.

import { type Json, jsonOf } from "./gateway.ts";

/** A longer line is no line of ours. A watch answer may carry many events of 1.5 MiB. */
const LINE_CHARS_MAX = 64 << 20;

/** Calls `onLine` for each line until the stream ends or `onLine` returns false. Never rejects. */
export async function readLines(
  body: ReadableStream<Uint8Array>,
  onLine: (line: Json) => boolean,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest: string[] = [], restChars = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const pieces = decoder.decode(value, { stream: true }).split("\n");
      for (const [at, piece] of pieces.entries()) {
        rest.push(piece);
        restChars += piece.length;
        if (restChars > LINE_CHARS_MAX) return;
        if (at === pieces.length - 1) break;
        const line = jsonOf(rest.join(""));
        rest = [];
        restChars = 0;
        if (line !== null && !onLine(line)) return;
      }
    }
  } catch {
    // It broke off: whoever reads opens another.
  } finally {
    void reader.cancel().catch(() => {});
  }
}
