// What the lab says in words: one key for each sentence, with the values it speaks of. Each language is one table.

export interface LabSentenceValues {
  // Why a computation is refused.
  "refused.noMembers": Record<never, never>;
  "refused.size": { readonly size: number; readonly sizeMax: number };
  "refused.availability": { readonly availability: number };
  "refused.shared": { readonly memberAvailability: number; readonly shared: number };
  "refused.repair": { readonly hours: number; readonly hoursMax: number };
  "refused.span": { readonly minMs: number; readonly maxMs: number };
  "refused.places": { readonly placeCount: number };
  "refused.zones": { readonly zoneCount: number; readonly zoneCountMax: number };
  "refused.failures": { readonly failures: number };
  "refused.target": { readonly target: number };
  "refused.latency": { readonly limitMs: number };

  // Why the recommended size is enough.
  "enough.failures": { readonly failures: number; readonly size: number; readonly quorum: number };
  "enough.zone": {
    readonly counts: readonly number[];
    readonly left: number;
    readonly size: number;
    readonly quorum: number;
  };
  "enough.zoneAndFailures": {
    readonly counts: readonly number[];
    readonly failures: number;
    readonly left: number;
    readonly quorum: number;
  };
  "enough.availability": {
    readonly availability: number;
    readonly target: number;
    readonly downMinutesPerYear: number;
  };
  "enough.latency": { readonly p99Ms: number; readonly limitMs: number };
  "enough.alone": Record<never, never>;

  // What it costs, and what to know.
  "cost.messages": { readonly size: number; readonly messages: number };
  "cost.latency": { readonly p50Ms: number; readonly p99Ms: number };
  "cost.overSeven": { readonly size: number; readonly messages: number };
  "note.independent": Record<never, never>;
  "note.oneZone": { readonly size: number };
  "note.allInOne": { readonly zoneCount: number };

  // Why a size does not work.
  "not.failures": { readonly size: number; readonly tolerated: number; readonly failures: number };
  "not.oneZone": Record<never, never>;
  "not.twoZones": {
    readonly size: number;
    readonly larger: number;
    readonly left: number;
    readonly quorum: number;
  };
  "not.zone": {
    readonly size: number;
    readonly counts: readonly number[];
    readonly left: number;
    readonly quorum: number;
  };
  "not.zoneAndFailures": {
    readonly size: number;
    readonly counts: readonly number[];
    readonly failures: number;
    readonly left: number;
    readonly quorum: number;
  };
  "not.availability": { readonly size: number; readonly availability: number; readonly target: number };
  "not.latency": { readonly size: number; readonly p99Ms: number; readonly limitMs: number };
  "not.even": { readonly size: number; readonly tolerated: number };
  "not.larger": { readonly size: number; readonly messages: number };
}

export type LabSentenceKey = keyof LabSentenceValues;

/** A sentence before it is put into words. */
export type LabSentence = {
  readonly [K in LabSentenceKey]: { readonly key: K; readonly values: LabSentenceValues[K] };
}[LabSentenceKey];

/** One language. */
export type LabSentences = { readonly [K in LabSentenceKey]: (values: LabSentenceValues[K]) => string };

/** Puts a sentence into the words of a language. */
export function labSentence(sentence: LabSentence, language: LabSentences): string {
  // The key picks the line that takes exactly these values; the compiler cannot follow that through the union.
  return (language[sentence.key] as (values: LabSentence["values"]) => string)(sentence.values);
}

/** A share of time with as many nines as it has, and two digits after them: 99.970 %, 99.99901 %. */
export function percentText(share: number): string {
  const down = 1 - share;
  let digits = 2;
  for (let limit = 1e-3; digits < 9 && down < limit && down > 0; limit /= 10) digits += 1;
  const text = (share * 100).toFixed(digits);
  // Never round what can fail up to certainty.
  return share < 1 && Number(text) === 100 ? `> 99.${"9".repeat(digits)} %` : `${text} %`;
}

/** Milliseconds to three digits, no more than two of them after the point. */
export function msText(ms: number): string {
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : 2;
  return `${Number(ms.toFixed(digits))} ms`;
}
