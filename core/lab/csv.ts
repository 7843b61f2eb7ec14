// Tables as text for spreadsheets (RFC 4180): comma, CRLF, quotes where a field needs them.

import type { Cell } from "./agreement.ts";
import type { YearsFigures } from "./monte_carlo.ts";
import type { SizeRow } from "./size_table.ts";
import type { Findings } from "./findings.ts";
import { placesIn } from "./subsets.ts";

/** A field: text and numbers as they are, null as an empty field. */
export type Field = string | number | boolean | null;

export interface PlainTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Field[])[];
}

export function csvOf({ header, rows }: PlainTable): string {
  return [header, ...rows].map((row) => row.map(quoted).join(",") + "\r\n").join("");
}

/** Each figure in three columns: by the formula, as measured, and whether they agree. */
export function sizeTableFields(rows: readonly SizeRow[]): PlainTable {
  const cells = [
    "quorum",
    "toleratedFailures",
    "availability",
    "downMinutesPerYear",
    "cleanCuts",
    "messagesPerWrite",
    "p50Ms",
    "p99Ms",
  ] as const;
  return {
    header: [
      "members",
      "cutCount",
      "commitNewsPerWrite",
      ...cells.flatMap((name) => [name, `${name} measured`, `${name} agrees`]),
    ],
    rows: rows.map((row) => [
      row.size,
      row.cutCount,
      row.commitNewsPerWrite,
      ...cells.flatMap((name) => fieldsOf(row[name])),
    ]),
  };
}

/** Every set of failures of one size: who was down, and whether a write still committed. */
export function failureFields(findings: Findings, size: number): PlainTable {
  return {
    header: ["members", "down", "downCount", "works", "afterMs"],
    rows: findings.failures(size).map(({ down, works, afterMs }) => {
      const places = placesIn(down, size).map((place) => place + 1);
      return [size, places.join(" "), places.length, works, afterMs];
    }),
  };
}

/** Years lived through, one row for each size. */
export function yearsFields(
  rows: readonly { readonly size: number; readonly figures: YearsFigures }[],
): PlainTable {
  return {
    header: [
      "members",
      "years",
      "outages",
      "availability",
      "downMinutesPerYear",
      "unavailability low",
      "unavailability high",
      "confidencePercent",
    ],
    rows: rows.map(({ size, figures }) => [
      size,
      figures.years,
      figures.outageCount,
      figures.availability,
      figures.downMinutesPerYear,
      figures.interval.low,
      figures.interval.high,
      figures.confidencePercent,
    ]),
  };
}

function fieldsOf({ formula, measured, agrees }: Cell): readonly Field[] {
  return [formula, measured, agrees];
}

function quoted(field: Field): string {
  const text = field === null ? "" : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
