// The slider of per-member availability. Its travel goes in nines: nine steps for each further nine, from "never up"
// at its left end to "always up" at its right one.

/** Steps between one nine and the next: 1, .9, .8 … .2 of the time that the member is down. */
const STEPS_PER_NINE = 9;
const NINES_MAX = 5;
/** The last stop but one is `NINES_MAX` nines; the last one is always up. */
export const LADDER_MAX = STEPS_PER_NINE * NINES_MAX + 1;

/** Availability of a stop, 0 to `LADDER_MAX`. Every one of them is a number with few digits. */
export function availabilityAt(stop: number): number {
  if (stop >= LADDER_MAX) return 1;
  const nines = Math.floor(stop / STEPS_PER_NINE);
  const whole = 10 ** (nines + 1);
  return (whole - (10 - (stop % STEPS_PER_NINE))) / whole;
}

/** The stop nearest to an availability, counted in nines. */
export function stopOf(availability: number): number {
  if (!(availability > 0)) return 0;
  if (availability >= 1) return LADDER_MAX;
  let nearest = 0;
  for (let stop = 1; stop < LADDER_MAX; stop++) {
    const off = (at: number) => Math.abs(Math.log10(1 - availabilityAt(at)) - Math.log10(1 - availability));
    if (off(stop) < off(nearest)) nearest = stop;
  }
  return nearest;
}

/** Marks under the slider: its ends and the whole nines but the last, which lies too near to the end. */
export const LADDER_MARKS: readonly { readonly share: number; readonly percent: string }[] = [
  ...[0, 1, 2, 3, 4].map((nines) => ({
    share: (nines * STEPS_PER_NINE) / LADDER_MAX,
    percent: percentOf(availabilityAt(nines * STEPS_PER_NINE)),
  })),
  { share: 1, percent: "100" },
];

/** A share as the shortest percentage that reads back as the same share: 0.999 is "99.9". */
export function percentOf(share: number): string {
  for (let digits = 3; digits <= 17; digits++) {
    const text = String(Number((share * 100).toPrecision(digits)));
    if (shareOf(text) === share) return text;
  }
  return String(share * 100);
}

/** Reads a percentage as it was typed. NaN for what is no number. */
export function shareOf(percent: string): number {
  const text = percent.trim();
  return /^[+-]?\d*\.?\d+$/.test(text) ? Number(`${text}e-2`) : NaN;
}
