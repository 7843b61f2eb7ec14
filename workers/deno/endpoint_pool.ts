// The client URLs that a proxy may turn to: in a shuffled order, so that proxies do not all lean on one member, and
// one that has failed rests for a while. (proxy/httpproxy/director.go)

export class EndpointPool {
  readonly #failureWaitMs: number;
  #urls: readonly string[] = [];
  /** When a failed one may be tried again, in milliseconds of `performance.now()`. */
  readonly #restingUntil = new Map<string, number>();

  /** @param failureWaitMs how long a failed endpoint rests. */
  constructor(failureWaitMs: number, urls: readonly string[] = []) {
    this.#failureWaitMs = failureWaitMs;
    this.#urls = urls;
  }

  /** Replaces the list. An endpoint that rests goes on resting. */
  setUrls(urls: readonly string[]): void {
    const kept = this.#urls.filter((url) => urls.includes(url));
    const fresh = urls.filter((url) => !kept.includes(url));
    for (let i = fresh.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [fresh[i], fresh[j]] = [fresh[j]!, fresh[i]!];
    }
    this.#urls = [...kept, ...fresh];
  }

  get all(): readonly string[] {
    return this.#urls;
  }

  /** Those worth trying now, in the order to try them. */
  available(): readonly string[] {
    const now = performance.now();
    return this.#urls.filter((url) => (this.#restingUntil.get(url) ?? 0) <= now);
  }

  /** Lets the next one be the first: connections taken in turn are spread. */
  rotate(): void {
    const [first, ...rest] = this.#urls;
    if (first !== undefined) this.#urls = [...rest, first];
  }

  failed(url: string): void {
    this.#restingUntil.set(url, performance.now() + this.#failureWaitMs);
  }
}
