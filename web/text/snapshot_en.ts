// The words of the snapshot room in English, loaded with it. `snapshot_zh.ts` has the same shape.

const number = (value: number) => value.toLocaleString("en");

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export const snapshotEn = {
  title: "Open a snapshot",
  lede:
    "A file of `etcdctl snapshot save`, from a real etcd or from Flotilla, or a copy of a member's `member/snap/db`. It is read here, in this tab; nothing leaves it.",
  choose: "Choose a file",
  another: "Another file",
  drop: "or drop it here",
  none: "No file is open.",
  how: "To get one:",
  reading: (name: string) => `Reading ${name} …`,
  tooLarge: (name: string, size: string, max: string) =>
    `${name} is ${size}, more than a tab can hold at once (${max}). \`deno task restore\` reads files of any size.`,
  notOpened: (name: string, says: string) => `${name} was not opened: ${says}.`,
  readAnyway: "Read it all the same",
  broken: (why: string) => `The file could not be read: ${why}. Reload the page and try again.`,
  hash: {
    matches: "SHA-256 matches: the file is as it was saved",
    missing: "No SHA-256: a copy of a data directory's database",
    differs: "SHA-256 differs: the file was changed after it was saved",
  },
  statusTitle: "What etcdctl snapshot status says",
  figures: {
    hash: "Hash",
    revision: "Revision",
    totalKeys: "Total keys",
    totalSize: "Total size",
    keys: "Keys now",
    changes: "Versions kept",
    compacted: "Compacted up to",
    applied: "Applied index",
    version: "Cluster version",
    auth: "Auth",
  },
  never: "never",
  notAgreed: "not agreed on",
  auth: (enabled: boolean, users: number, roles: number) =>
    `${enabled ? "on" : "off"}, ${number(users)} ${users === 1 ? "user" : "users"}, ${number(roles)} ${
      roles === 1 ? "role" : "roles"
    }`,
  authLost: "Users and roles are not carried over into a restored cluster.",
  members: "Members when it was saved",
  removed: (count: number) => `${number(count)} removed before`,
  noMembers: "none",
  learner: "learner",
  leases: "Leases",
  lease: (ttl: number, keys: number) => `${number(ttl)} s, ${number(keys)} ${keys === 1 ? "key" : "keys"}`,
  alarms: "Alarms",
  alarm: { noSpace: "NOSPACE", corrupt: "CORRUPT" } as Readonly<Record<string, string>>,
  keysTitle: "Keys",
  search: "Keys that contain",
  found: (shown: number, total: number) => `${number(shown)} of ${number(total)}`,
  noKeys: "It holds no keys.",
  noneFound: "No key contains that.",
  more: (count: number) => `Show ${number(count)} more`,
  columns: { key: "Key", value: "Value", mod: "Changed at", version: "Version", lease: "Lease" },
  history: (key: string) => `History of ${key}`,
  noHistory: "Only the newest version is left.",
  deleted: "deleted",
  hex: "hex",
  cut: (size: string) => `… ${size} in all`,
  restoreTitle: "Start a cluster from it",
  restoreHere: (size: number) => `Start ${size} ${size === 1 ? "member" : "members"} here with these keys`,
  restoreAsk: (size: number) =>
    `A cluster of ${size} with these keys? The one in the playground and its disks are thrown away.`,
  restore: "Start it",
  keep: "Keep the old one",
  tooLargeHere: (max: string) =>
    `A database above ${max} is too much for a playground; the commands below take it.`,
  restoreReal: "Or real members, one command for each:",
  program: "Restored by",
  programs: { etcd: "etcd", flotilla: "Flotilla" },
  size: "Members",
};

export type SnapshotStrings = typeof snapshotEn;
