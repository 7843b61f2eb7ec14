// What a reader did on the page that no member hears of, for whoever wants to know: lessons wait for some of it.

export type OnDeed = (words: readonly string[]) => void;

const listeners = new Set<OnDeed>();

/** A file of the set-up page was saved, say: `["setup", "saved"]`. */
export function tellDeed(words: readonly string[]): void {
  for (const onDeed of listeners) onDeed(words);
}

/** @returns the way to stop. */
export function onDeed(listener: OnDeed): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
