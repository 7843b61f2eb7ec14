// The thread in which a target is fuzzed.

import { corpusOf } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";
import { allTargets } from "./targets/mod.ts";
import type { Order } from "./watch.ts";

declare const self: {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(value: unknown): void;
};

self.onmessage = async ({ data: order }) => {
  const target = (await allTargets()).find(({ name }) => name === order.target)!;
  const endMs = performance.now() + order.msMax;
  const tally = await fuzz(target, {
    seed: order.seed,
    corpus: corpusOf(target.name).map(({ bytes }) => bytes),
    goesOn: (count) => count < order.countMax && performance.now() < endMs,
    onInput: (input) => {
      order.input.set(input);
      Atomics.store(order.progress, 1, input.length);
      Atomics.add(order.progress, 0, 1);
    },
  });
  self.postMessage(tally);
};
