// One target in a thread of its own, watched from here: an input that does not come to an end is named, and the thread
// is ended. A thread that turns for ever can neither report itself nor be asked.

import type { Finding, Tally } from "./fuzz.ts";
import { INPUT_BYTES_MAX } from "./mutate_bytes.ts";

export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly countMax: number;
  readonly msMax: number;
  /** [0]: inputs begun. [1]: length of the present one. */
  readonly progress: Int32Array<SharedArrayBuffer>;
  /** The present input. */
  readonly input: Uint8Array<SharedArrayBuffer>;
}

/** An honest input takes a millisecond. One that takes this long, on whatever machine, never ends. */
const HANG_MS = 60_000;
const LOOK_MS = 500;

export function watched(asked: Pick<Order, "target" | "seed" | "countMax" | "msMax">): Promise<Tally> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const input = new Uint8Array(new SharedArrayBuffer(INPUT_BYTES_MAX));
  const worker = new Worker(new URL("./fuzz_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    let seenCount = 0, seenAtMs = performance.now();
    const looking = setInterval(() => {
      const count = Atomics.load(progress, 0);
      if (count !== seenCount) {
        seenCount = count;
        seenAtMs = performance.now();
      } else if (count > 0 && performance.now() - seenAtMs > HANG_MS) {
        const bytes = new Uint8Array(input.subarray(0, Atomics.load(progress, 1)));
        const hang: Finding = {
          target: asked.target,
          input: bytes,
          why: `does not end within ${HANG_MS} ms`,
        };
        finish(() => resolve({ inputCount: count, validCount: 0, findings: [hang] }));
      }
    }, LOOK_MS);
    const finish = (done: () => void) => {
      clearInterval(looking);
      worker.terminate();
      done();
    };
    worker.onmessage = ({ data }: MessageEvent<Tally>) => finish(() => resolve(data));
    worker.onerror = (event) => {
      event.preventDefault();
      finish(() => reject(new Error(`${asked.target}: ${event.message}`)));
    };
    worker.postMessage({ ...asked, progress, input } satisfies Order);
  });
}
