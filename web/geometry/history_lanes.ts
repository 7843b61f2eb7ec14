// The clients' history as bars: a lane for each client, a bar from question to answer, and the one order that explains
// every answer as a thread of points, each within its bar.

import type { DeskOperation } from "../state/client_desk.svelte.ts";

export interface OpPicture {
  readonly operation: DeskOperation;
  readonly lane: number;
  readonly x: number;
  readonly width: number;
  /** No answer yet, or none that says what happened: the bar is open to the right. */
  readonly isOpen: boolean;
}

export interface HistoryPicture {
  readonly clients: readonly string[];
  readonly ops: readonly OpPicture[];
  readonly fromMs: number;
  readonly toMs: number;
  x(ms: number): number;
  /** Points of the order, in order. */
  readonly thread: readonly { readonly x: number; readonly lane: number; readonly requestId: number }[];
}

const BAR_WIDTH_MIN = 7;

/**
 * @param operations those to draw, in order of invocation.
 * @param order request ids as the verdict ordered them; those that are not drawn are passed over.
 */
export function historyPicture(
  operations: readonly DeskOperation[],
  order: readonly number[],
  { width, nowMs }: { width: number; nowMs: number },
): HistoryPicture {
  const clients = [...new Set(operations.map(({ client }) => client))].sort(byClient);
  const fromMs = operations[0]?.invokedAtMs ?? nowMs;
  const newest = Math.max(
    fromMs,
    ...operations.map(({ invokedAtMs, returnedAtMs }) => returnedAtMs ?? invokedAtMs),
  );
  const waits = operations.some(({ outcome }) => outcome === "waiting");
  const toMs = Math.max(waits ? nowMs : newest, fromMs + 1);
  const x = (ms: number) =>
    ((Math.min(ms, toMs) - fromMs) / (toMs - fromMs)) * Math.max(0, width - BAR_WIDTH_MIN - 12);
  const ops = operations.map((operation): OpPicture => {
    const isOpen = operation.outcome === "unknown" || operation.outcome === "waiting";
    const start = x(operation.invokedAtMs);
    const end = isOpen ? x(toMs) + 12 : x(operation.returnedAtMs ?? toMs);
    return {
      operation,
      lane: clients.indexOf(operation.client),
      x: start,
      width: Math.max(BAR_WIDTH_MIN, end - start),
      isOpen,
    };
  });
  const byId = new Map(ops.map((op) => [op.operation.requestId, op]));
  let atLeast = 0;
  const thread = order.flatMap((requestId) => {
    const op = byId.get(requestId);
    if (op === undefined) return [];
    // As early as its bar and the points before it allow: no point may lie before the one it follows.
    const place = Math.min(Math.max(op.x + 3, atLeast), op.x + op.width - 2);
    atLeast = Math.max(atLeast, place);
    return [{ x: place, lane: op.lane, requestId }];
  });
  return { clients, ops, fromMs, toMs, x, thread };
}

/** You first, then the terminal, then the load's clients by number. */
function byClient(a: string, b: string): number {
  const rank = (name: string) => (name === "you" ? 0 : name === "shell" ? 1 : 2);
  return rank(a) - rank(b) || a.localeCompare(b, "en", { numeric: true });
}
