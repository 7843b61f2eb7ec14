// The one animation loop of the page. Frames from the cluster redraw what changed; between them only message marks
// and timer hands move, and each of those asks the ticker to call it. With nobody asking, nothing runs.

/** Called with the virtual time in milliseconds. */
export type OnTick = (nowMs: number) => void;

/** Rings step four times a second for readers who asked for less motion. */
const CALM_INTERVAL_MS = 250;

export class Ticker {
  readonly #now: () => number;
  readonly #calm: () => boolean;
  readonly #listeners = new Set<OnTick>();
  #lastCallMs = Number.NEGATIVE_INFINITY;
  #request: number | null = null;

  /** @param calm whether to step instead of flow: motion is unwanted, or the clock stands still. */
  constructor(now: () => number, calm: () => boolean) {
    this.#now = now;
    this.#calm = calm;
  }

  /** Calls `onTick` once before the next paint and then on every frame. Returns the way to stop. */
  add(onTick: OnTick): () => void {
    this.#listeners.add(onTick);
    this.#lastCallMs = Number.NEGATIVE_INFINITY;
    this.#request ??= requestAnimationFrame(this.#frame);
    return () => {
      this.#listeners.delete(onTick);
    };
  }

  /** Draws at the next frame even in calm mode: something under the marks has changed. */
  touch(): void {
    this.#lastCallMs = Number.NEGATIVE_INFINITY;
  }

  readonly #frame = (realMs: number): void => {
    if (this.#listeners.size === 0) {
      this.#request = null;
      return;
    }
    this.#request = requestAnimationFrame(this.#frame);
    if (this.#calm() && realMs - this.#lastCallMs < CALM_INTERVAL_MS) return;
    this.#lastCallMs = realMs;
    const now = this.#now();
    for (const listener of this.#listeners) listener(now);
  };
}
