// The table of the lab: one row for each size, each figure from the formula and as measured.

import { type Cell, exactCell, quantileCell } from "./agreement.ts";
import { commitLatency } from "./commit_latency.ts";
import type { Findings } from "./findings.ts";
import { figuresOf, MINUTES_PER_YEAR, sharesOfTime } from "./formulas.ts";
import { type LinkPlan, refusalOfLinks } from "./links.ts";
import { type LabRefusal, SIZES } from "./sizes.ts";

export interface SizeRow {
  readonly size: number;
  readonly quorum: Cell;
  readonly toleratedFailures: Cell;
  /** Measured: the share of time in those sets of failures in which a write did commit. */
  readonly availability: Cell;
  readonly unavailability: Cell;
  readonly downMinutesPerYear: Cell;
  readonly cutCount: number;
  /** Cuts that left neither side able to write. Disagrees, too, should both sides ever have written. */
  readonly cleanCuts: Cell;
  readonly messagesPerWrite: Cell;
  /** The news of the commit on messages of its own, and the answers: as measured, no part of `messagesPerWrite`. */
  readonly commitNewsPerWrite: number | null;
  readonly p50Ms: Cell;
  readonly p99Ms: Cell;
}

export interface SizeTable {
  readonly kind: "table";
  readonly rows: readonly SizeRow[];
}

/**
 * @param availability of each member, 0 to 1.
 * @param findings what was measured so far; writes over the same links.
 */
export function sizeTable(
  { availability, links, findings, sizes = SIZES }: {
    readonly availability: number;
    readonly links: LinkPlan;
    readonly findings: Findings;
    readonly sizes?: readonly number[];
  },
): SizeTable | LabRefusal {
  const why = refusalOfLinks(links);
  if (why) return { kind: "refused", why };
  const rows: SizeRow[] = [];
  for (const size of sizes) {
    const figures = figuresOf(size, availability);
    if (figures.kind === "refused") return figures;
    const working = findings.workingSubsets(size);
    const shares = working ? sharesOfTime(working, availability) : null;
    const cuts = findings.cutCounts(size);
    const cleanCuts = exactCell(figures.cleanCutCount, cuts?.neither ?? null);
    const messages = findings.messageCounts(size);
    const perWrite = (count: number) => (messages.writes === 0 ? null : count / messages.writes);
    const latency = commitLatency(links, size);
    const latencies = findings.latencies(size);
    rows.push({
      size,
      quorum: exactCell(figures.quorum, findings.quorum(size)),
      toleratedFailures: exactCell(figures.toleratedFailures, findings.toleratedFailures(size)),
      availability: exactCell(figures.availability, shares?.up ?? null),
      unavailability: exactCell(figures.unavailability, shares?.down ?? null),
      downMinutesPerYear: exactCell(
        figures.downMinutesPerYear,
        shares && shares.down * MINUTES_PER_YEAR,
      ),
      cutCount: figures.cutCount,
      cleanCuts: cuts && cuts.both > 0 ? { ...cleanCuts, agrees: false } : cleanCuts,
      messagesPerWrite: exactCell(
        figures.messagesPerWrite,
        perWrite(messages.appends + messages.acknowledgements),
      ),
      commitNewsPerWrite: perWrite(messages.commitNews),
      p50Ms: quantileCell(latency, latencies, 0.5),
      p99Ms: quantileCell(latency, latencies, 0.99),
    });
  }
  return { kind: "table", rows };
}
