// What a visitor may set in the lab, and the same as an address that can be shared: only what differs from the
// beginning is spelled out. An address is typed by anybody: a word that is not known counts as not said, while a number
// out of its range is kept, so that the lab can say in a sentence what is wrong with it.

import {
  type FailurePlan,
  independentPlan,
  LINK_PLANS,
  type LinkName,
  standsDealt,
  type Wishes,
} from "../../core/lab/mod.ts";
import { percentOf, shareOf } from "./ladder.ts";

export const LINK_NAMES = ["lan", "zones", "regions", "straggler"] as const satisfies readonly LinkName[];
export const SHARED_CAUSES = ["none", "rack", "zone"] as const;
export type SharedCause = (typeof SHARED_CAUSES)[number];

export interface LabSettings {
  /** Share of time that each member is up. NaN while what is typed is no number. */
  readonly availability: number;
  readonly links: LinkName;
  /** What members go down together with. */
  readonly shared: SharedCause;
  /** Racks or zones that members are dealt to, 1 to 9. */
  readonly sharedCount: number;
  /** Share of time that each of those is up as a whole. */
  readonly sharedAvailability: number;
  /** The size whose cluster is shown when no row is pointed at. */
  readonly size: number;
  readonly seed: number;
  // The chooser's form.
  readonly failures: number;
  /** Further failures to survive beside the loss of a zone; null: no zone need be survived. */
  readonly besidesZone: number | null;
  readonly zoneCount: number;
  readonly zoneAvailability: number;
  readonly target: number | null;
  readonly withinMs: number | null;
}

export const FIRST_SETTINGS: LabSettings = {
  availability: 0.99,
  links: "lan",
  shared: "none",
  sharedCount: 3,
  sharedAvailability: 0.999,
  size: 3,
  seed: 0x7c1f,
  failures: 1,
  besidesZone: null,
  zoneCount: 3,
  zoneAvailability: 0.9995,
  target: null,
  withinMs: null,
};

/** How each setting is spelled. `read` gives undefined for what is not to be understood. */
interface Spelling<T> {
  readonly name: string;
  readonly write: (value: T) => string;
  readonly read: (text: string) => T | undefined;
}

const share = (name: string): Spelling<number> => ({
  name,
  write: percentOf,
  read: (text) => finite(shareOf(text)),
});
const count = (name: string): Spelling<number> => ({
  name,
  write: String,
  read: (text) => (/^\d{1,3}$/.test(text) ? Number(text) : undefined),
});
const oneOf = <T extends string>(name: string, words: readonly T[]): Spelling<T> => ({
  name,
  write: (word) => word,
  read: (text) => words.find((word) => word === text),
});
const orNull = <T>({ name, write, read }: Spelling<T>): Spelling<T | null> => ({
  name,
  write: (value) => (value === null ? "" : write(value)),
  read: (text) => (text === "" ? null : read(text)),
});

const SPELLINGS: { readonly [K in keyof LabSettings]: Spelling<LabSettings[K]> } = {
  availability: share("up"),
  links: oneOf("links", LINK_NAMES),
  shared: oneOf("shared", SHARED_CAUSES),
  sharedCount: { ...count("groups"), read: (text) => (/^[1-9]$/.test(text) ? Number(text) : undefined) },
  sharedAvailability: share("groupUp"),
  size: { ...count("size"), read: (text) => (/^[1-9]$/.test(text) ? Number(text) : undefined) },
  seed: {
    name: "seed",
    write: (seed) => seed.toString(16),
    read: (text) => (/^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined),
  },
  failures: count("failures"),
  besidesZone: orNull(count("zone")),
  zoneCount: count("zones"),
  zoneAvailability: share("zoneUp"),
  target: orNull(share("target")),
  withinMs: orNull({ name: "within", write: String, read: (text) => finite(Number(text)) }),
};
const KEYS = Object.keys(SPELLINGS) as (keyof LabSettings)[];

export function settingsOf(query: URLSearchParams): LabSettings {
  const said: Partial<Record<keyof LabSettings, unknown>> = {};
  for (const key of KEYS) {
    const text = query.get(SPELLINGS[key].name);
    const value = text === null ? undefined : SPELLINGS[key].read(text);
    if (value !== undefined) said[key] = value;
  }
  return { ...FIRST_SETTINGS, ...(said as Partial<LabSettings>) };
}

export function queryOf(settings: LabSettings): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of KEYS) spell(key, settings, query);
  return query;
}

function spell<K extends keyof LabSettings>(key: K, settings: LabSettings, query: URLSearchParams): void {
  const value = settings[key];
  if (value === FIRST_SETTINGS[key] || Number.isNaN(value)) return;
  query.set(SPELLINGS[key].name, SPELLINGS[key].write(value));
}

/** How the members of a cluster of `size` fail under these settings. */
export function failurePlanOf(size: number, settings: LabSettings): FailurePlan {
  const plan = independentPlan(size, settings.availability);
  const { shared, sharedCount, sharedAvailability } = settings;
  switch (shared) {
    case "none":
      return plan;
    case "rack": {
      const stands = standsDealt({ size, zoneCount: 1, racksPerZone: sharedCount });
      return { ...plan, stands, rackAvailability: sharedAvailability };
    }
    case "zone": {
      const stands = standsDealt({ size, zoneCount: sharedCount, racksPerZone: size });
      return { ...plan, stands, zoneAvailability: sharedAvailability };
    }
  }
}

export function wishesOf(settings: LabSettings): Wishes {
  return {
    failures: settings.failures,
    zoneLoss: settings.besidesZone === null ? null : { besides: settings.besidesZone },
    zoneCount: settings.zoneCount,
    availability: settings.target,
    memberAvailability: settings.availability,
    zoneAvailability: settings.zoneAvailability,
    links: LINK_PLANS[settings.links],
    commitP99MsMax: settings.withinMs,
  };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
