// Every client of this page speaks through here: the key form, the terminal, the load. What they asked and were told
// is their history, from which the checker judges whether all of it can be true.

import { utf8 } from "../../core/base/bytes.ts";
import { isEtcdError, otherError } from "../../core/base/etcd_error.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { ClientHistory, type ClientOperation } from "../../core/check/history.ts";
import { FROM_KEY_END, rangeRequest, type RangeResponse } from "../../core/kv/requests.ts";
import type { ClientRequest, ClientResponse } from "../../core/member/io.ts";
import type { Cluster } from "../../workers/browser/cluster_api.ts";

/** An operation and who asked for it. */
export interface DeskOperation extends ClientOperation {
  /** "you", "shell", "w1", "r2". */
  readonly client: string;
}

/** Operations kept; the oldest quarter goes when there are more. */
const OPERATIONS_MAX = 4_000;

/** Refusals by the page itself, before any member was asked: they had certainly no effect. */
const NOT_ASKED = /is not running|is paused: it answers|another tab|no member is running|was closed/;

export class ClientDesk {
  /** In the order they were asked; replaced whole. */
  operations: readonly DeskOperation[] = $state.raw([]);
  /** What the keys were before the first operation; null: not known, so nothing can be judged. */
  baseline: RangeResponse | null | "empty" = "empty";
  /** Some operations are forgotten: judging must begin at a read. */
  isCut = false;

  readonly #cluster: Cluster;
  #history = new ClientHistory();
  #clients = new Map<number, string>();
  #nextId = 1;
  #readiness: Promise<void> | null = null;
  #isStale = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** A new cluster: nobody has asked anything of it. */
  reset(): void {
    this.#history = new ClientHistory();
    this.#clients = new Map();
    this.#readiness = null;
    this.baseline = "empty";
    this.isCut = false;
    this.operations = [];
  }

  /**
   * Asks the member `at`, or whoever leads, and notes it. Rejects with a plain sentence where no member gave an answer.
   * @param client who asks: one lane of the history.
   */
  async ask(
    client: string,
    at: string | null,
    request: ClientRequest,
    told?: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<ClientResponse> {
    await (this.#readiness ??= this.#findBaseline());
    const requestId = this.#nextId++;
    this.#history.invoked({ requestId, member: this.#idOf(at), request, atMs: this.#cluster.now() });
    this.#clients.set(requestId, client);
    this.#refresh();
    // Answers to a cluster that was thrown away find no question in the new history.
    const noteAnswer = (response: ClientResponse): void => {
      this.#history.returned(requestId, response, this.#cluster.now());
      this.#refresh();
    };
    try {
      const response = await this.#cluster.request(at, request, told);
      noteAnswer(response);
      return response;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      noteAnswer(
        NOT_ASKED.test(message)
          ? otherError("connection refused", "unavailable")
          : otherError(message, "unavailable"),
      );
      throw error;
    }
  }

  /** A cluster that was here before has keys that this page never wrote. */
  async #findBaseline(): Promise<void> {
    const { returned, members } = this.#cluster.frame;
    const isFresh = returned === null && members.every(({ view }) => (view?.revision ?? 1) <= 1);
    if (isFresh) return;
    this.baseline = null;
    try {
      const all = rangeRequest({ key: utf8("\0"), rangeEnd: FROM_KEY_END });
      const response = await this.#cluster.request(null, all);
      if (!isEtcdError(response) && response.result.kind === "range") this.baseline = response.result;
    } catch {
      // Nobody leads: the history begins in the middle, and says so.
    }
  }

  #idOf(at: string | null): MemberId {
    const { members } = this.#cluster.frame;
    const asked = at === null
      ? members.find(({ state, view }) => state === "running" && view?.role === "leader")
      : members.find(({ name }) => name === at);
    return (asked ?? members[0]!).id;
  }

  /** At most one new list per turn: under load a hundred answers may come at once. */
  #refresh(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    queueMicrotask(() => {
      this.#isStale = false;
      this.#forgetOldest();
      this.operations = this.#history.operations.map((operation) => ({
        ...operation,
        client: this.#clients.get(operation.requestId) ?? "?",
      }));
    });
  }

  #forgetOldest(): void {
    const { operations, nextPlace } = this.#history.capture();
    if (operations.length <= OPERATIONS_MAX) return;
    const gone = operations.slice(0, OPERATIONS_MAX / 4);
    // An open question must find its place when it is answered.
    const kept = operations.filter((operation, at) => at >= gone.length || operation.outcome === "waiting");
    for (const { requestId, outcome } of gone) if (outcome !== "waiting") this.#clients.delete(requestId);
    this.#history = new ClientHistory({ operations: kept, nextPlace });
    this.isCut = true;
  }
}
