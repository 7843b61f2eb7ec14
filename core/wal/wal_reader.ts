// The reading half of the log: from the bytes a disk holds to a verdict. The decisions are rows in
// recovery_rules.ts; here the facts are gathered and the verdicts carried out.
//
// Whole writes are replayed in order: a mark that replaces the log voids the entries before it, an entry voids
// those at its index and beyond, the last hard state wins. No length is believed before its check was, nothing is
// allocated by one, and every byte is read a fixed number of times, so that any bytes at all end in a verdict.

import { assert } from "../base/assert.ts";
import type { DiskImage, DiskOp } from "../base/disk.ts";
import type { LogIndex, Term } from "../base/ids.ts";
import type { Entry, HardState, Snapshot } from "../raft/types.ts";
import {
  BODY_FIELDS,
  decodeBody,
  decodeHeader,
  RECORD_HEADER_BYTES,
  recordBytes,
  WRITE_NUMBER_COUNT,
} from "./record.ts";
import type { RecordHeader } from "./record.ts";
import { RECORD_RULES, ruleApplies, SNAPSHOT_RULES } from "./recovery_rules.ts";
import type { RecordFacts, SnapshotFacts } from "./recovery_rules.ts";
import {
  decodeEntry,
  decodeHardState,
  decodeHead,
  decodeMark,
  parseSegmentFile,
  WAL_VERSION,
} from "./segment.ts";
import type { SegmentName, SnapshotMark, WalIdentity } from "./segment.ts";
import { decodeSnapshot, parseSnapshotFile, snapshotFile } from "./snapshot_file.ts";
import { WalWriter } from "./wal_writer.ts";
import type { WalOptions } from "./wal_writer.ts";

/** The unit in which a disk's missing data goes missing. */
const SECTOR_BYTES = 512;

export interface RecoverOptions extends WalOptions {
  /** Whose log is expected; null: whoever's it is. */
  readonly identity: WalIdentity | null;
}

export type RecoveryVerdict =
  /** No log yet. `repairs` removes what an interrupted first write left; it goes before anything else. */
  | { readonly kind: "empty"; readonly tornBytes: number; readonly repairs: readonly DiskOp[] }
  | RecoveredWal
  /** Durable bytes were changed or lost: the member must not start. */
  | RottenWal
  | {
    readonly kind: "unknownVersion";
    readonly file: string;
    readonly version: number;
    readonly says: string;
  }
  | {
    readonly kind: "foreign";
    readonly file: string;
    readonly identity: WalIdentity;
    readonly says: string;
  };

export interface RecoveredWal {
  readonly kind: "recovered";
  readonly identity: WalIdentity;
  /** Term 0 without a vote if none was ever saved. `commit` is within the log and not below the snapshot. */
  readonly hardState: HardState;
  readonly snapshot: Snapshot | null;
  /** From `snapshot.meta.index + 1` (1 without a snapshot) on, without gaps. Copies. */
  readonly entries: readonly Entry[];
  /** What the log still holds at or below the snapshot's index, without gaps up to it: for peers that lag behind. */
  readonly entriesBeforeSnapshot: readonly Entry[];
  /** Size of the unfinished write that is cut off; 0 after an orderly stop, and mostly after a crash. */
  readonly tornBytes: number;
  /** A newest snapshot that could not be used although its mark stands; the log made up for it. */
  readonly damagedSnapshotFile: string | null;
  /** The member's first write must begin with these: they cut the torn tail and remove leftovers. */
  readonly repairs: readonly DiskOp[];
  /** Continues the log behind `repairs`. */
  readonly writer: WalWriter;
  readonly recordsRead: number;
}

export interface RottenWal {
  readonly kind: "rotten";
  readonly file: string;
  readonly offsetBytes: number;
  /** The first thing that is lost, when a believable header still names it. */
  readonly lost: { readonly index: LogIndex; readonly term: Term } | null;
  /** One sentence: what is wrong and what is lost. */
  readonly says: string;
  /** One sentence: what to do. */
  readonly remedy: string;
}

const REMEDY = "Keep these files for inspection, remove this member from the cluster, and add it again " +
  "with an empty data directory: the others will send it what it missed.";

/** Reads a disk as a host found it. Never throws, whatever the bytes; the image is not kept and not changed. */
export function recover(image: DiskImage, options: RecoverOptions): RecoveryVerdict {
  const found = findFiles(image);
  const { segments } = found;
  if (found.twin !== null) return rotten(found.twin, 0, "Two segments carry the same number.");
  if (segments.length === 0) {
    const stray = found.snapshotFiles[0];
    if (stray !== undefined) {
      return rotten(stray, 0, "A snapshot is here, but the log that vouches for it is gone.");
    }
    return { kind: "empty", tornBytes: 0, repairs: [] };
  }

  const replay = new Replay(segments[0]!.name.firstIndex);
  const walk: Walk = { lastCheck: null, writeNumber: null, identity: options.identity };
  const repairs: DiskOp[] = found.leftovers.map((file) => ({ kind: "remove", file }));
  const kept: SegmentName[] = [];
  let tailBytes = 0;
  let tornBytes = 0;
  for (const [i, segment] of segments.entries()) {
    const end = readSegment(segment, { lastSegment: i === segments.length - 1, walk, replay });
    if (end.kind === "refused") return end.verdict;
    tornBytes += segment.bytes.length - end.wholeBytes;
    if (end.wholeBytes > 0) {
      kept.push(segment.name);
      tailBytes = end.wholeBytes;
      if (tornBytes > 0) repairs.push({ kind: "truncate", file: segment.file, sizeBytes: tailBytes });
    } else {
      // Opened by a write that never got so far as to be believed, or by one that did not begin.
      repairs.push({ kind: "remove", file: segment.file });
    }
  }

  const { file, name } = segments.at(-1)!;
  if (kept.length === 0) {
    // The first segment's first write says whose log this is. Before it was durable nothing was promised.
    if (name.sequence === 0 && found.snapshotFiles.length === 0) return { kind: "empty", tornBytes, repairs };
    return rotten(file, 0, "The only segment left has no readable head: everything in it is lost.");
  }
  assert(
    walk.identity !== null && walk.lastCheck !== null && walk.writeNumber !== null,
    "a kept segment has a head",
  );

  const choice = chooseSnapshot(image, walk.identity, replay);
  if (choice.kind === "rotten") return choice;
  const { snapshot, mark } = choice;
  const snapshotIndex = snapshot?.meta.index ?? 0;

  // A file without a mark is what a crash between the file and its mark leaves, or one inside `release`.
  const vouched = [...replay.marks.values()].filter((m) => image.has(snapshotFile(m))).map(snapshotFile);
  for (const stray of found.snapshotFiles) {
    if (!vouched.includes(stray)) repairs.push({ kind: "remove", file: stray });
  }

  const hardState = replay.hardState ?? { term: 0, vote: null, commit: 0 };
  const entries = replay.entries.map((entry) => ({ ...entry, data: entry.data.slice() }));
  const split = Math.max(0, snapshotIndex + 1 - replay.firstIndex);
  return {
    kind: "recovered",
    identity: walk.identity,
    // A snapshot holds nothing but committed entries, so it moves a commit index that was saved before it.
    hardState: { ...hardState, commit: Math.max(hardState.commit, snapshotIndex) },
    snapshot,
    entries: entries.slice(split),
    entriesBeforeSnapshot: entries.slice(0, split),
    tornBytes,
    damagedSnapshotFile: choice.damagedFile,
    repairs,
    writer: WalWriter.restore({
      identity: walk.identity,
      segmentBytesMax: options.segmentBytesMax,
      segments: kept,
      tailBytes,
      lastCheck: walk.lastCheck,
      writeNumber: walk.writeNumber,
      lastIndex: replay.lastIndex,
      hardState: replay.hardState,
      mark,
      snapshots: vouched.map((f) => parseSnapshotFile(f)!).sort((a, b) =>
        a.index - b.index || a.term - b.term
      ),
    }),
    recordsRead: replay.recordsRead,
  };
}

interface Segment {
  readonly file: string;
  readonly name: SegmentName;
  readonly bytes: Uint8Array;
}

interface FoundFiles {
  /** The last run of segments without a gap between their numbers, oldest first. */
  readonly segments: readonly Segment[];
  /** Segments before that run. */
  readonly leftovers: readonly string[];
  readonly snapshotFiles: readonly string[];
  /** A file whose sequence another one has as well. */
  readonly twin: string | null;
}

function findFiles(image: DiskImage): FoundFiles {
  const segments: Segment[] = [];
  const snapshotFiles: string[] = [];
  for (const [file, bytes] of image) {
    const name = parseSegmentFile(file);
    if (name !== null) segments.push({ file, name, bytes });
    else if (parseSnapshotFile(file) !== null) snapshotFiles.push(file);
  }
  segments.sort((a, b) => a.name.sequence - b.name.sequence || a.name.firstIndex - b.name.firstIndex);
  snapshotFiles.sort();

  const follows = (i: number, distance: number) =>
    segments[i]!.name.sequence === segments[i - 1]!.name.sequence + distance;
  const twin = segments.findIndex((_, i) => i > 0 && follows(i, 0));
  // A file system may carry out the removals of `release` in another order, so a gap need not be a loss. If it
  // is one, the run does not begin where its snapshot ends, and the snapshot rules say so.
  const runStart = Math.max(0, segments.findLastIndex((_, i) => i > 0 && !follows(i, 1)));
  return {
    segments: segments.slice(runStart),
    leftovers: segments.slice(0, runStart).map(({ file }) => file),
    snapshotFiles,
    twin: twin < 0 ? null : segments[twin]!.file,
  };
}

/** What reading carries from record to record, and from segment to segment. */
interface Walk {
  /** Header check of the last record of the last whole write; null before the first: its chain begins anywhere. */
  lastCheck: number | null;
  writeNumber: number | null;
  identity: WalIdentity | null;
}

type SegmentEnd =
  | { readonly kind: "read"; readonly wholeBytes: number }
  | { readonly kind: "refused"; readonly verdict: RecoveryVerdict };

/** Reads and replays one segment, up to its end or to where its last write is torn. */
function readSegment(
  segment: Segment,
  context: { readonly lastSegment: boolean; readonly walk: Walk; readonly replay: Replay },
): SegmentEnd {
  const { file, bytes } = segment;
  const { lastSegment, walk, replay } = context;
  const zerosFrom = trailingZerosStart(bytes);
  const write: WalRecord[] = [];
  let wholeBytes = 0;
  for (let at = 0;;) {
    const before = write.at(-1)?.header;
    const place: Place = {
      atSegmentHead: at === 0,
      insideWrite: before !== undefined,
      check: before?.headerCheck ?? walk.lastCheck,
      writeNumber: before?.writeNumber ??
        (walk.writeNumber === null ? null : (walk.writeNumber + 1) % WRITE_NUMBER_COUNT),
    };
    const header = decodeHeader(bytes, at);
    const body = header === null ? null : decodeBody(bytes, at, header);
    const chainOk = header !== null && continues(header, place);
    // Two facts cost a search and concern damage only.
    const damaged = at < bytes.length && (header === null || body === null);
    const facts: RecordFacts = {
      atEnd: at === bytes.length,
      insideWrite: place.insideWrite,
      lastSegment,
      headerOk: header !== null,
      chainOk,
      bodyOk: body !== null,
      laterWrite: damaged && laterWriteStands(bytes, at, header, place.writeNumber),
      unwritten: damaged && seemsUnwritten(bytes, at, header, zerosFrom),
    };
    const rule = RECORD_RULES.find((row) => ruleApplies(row, facts));
    assert(rule !== undefined, "no recovery rule applies");

    switch (rule.verdict) {
      case "end":
      case "nextSegment":
      case "tear":
        return { kind: "read", wholeBytes };
      case "rot": {
        const lost = header !== null && chainOk ? { index: header.index, term: header.term } : null;
        return {
          kind: "refused",
          verdict: rotten(file, at, sayRot(header, { at, lost, because: rule.because }), lost),
        };
      }
      case "accept": {
        assert(header !== null && body !== null, "an accepted record has a header and a body");
        if (header.kind === "segmentHead") {
          const refusal = checkHead(segment, { header, body, walk });
          if (refusal !== null) return { kind: "refused", verdict: refusal };
        }
        write.push({ header, body });
        at += recordBytes(header.bodyBytes);
        if (!header.lastOfWrite) break;
        const contradiction = replay.apply(write);
        if (contradiction !== null) {
          return {
            kind: "refused",
            verdict: rotten(file, wholeBytes, `The log contradicts itself: ${contradiction}.`),
          };
        }
        walk.lastCheck = header.headerCheck;
        walk.writeNumber = header.writeNumber;
        write.length = 0;
        wholeBytes = at;
      }
    }
  }
}

/** What a record must fit to continue the log; null: anything fits. */
interface Place {
  readonly atSegmentHead: boolean;
  readonly insideWrite: boolean;
  readonly check: number | null;
  readonly writeNumber: number | null;
}

function continues(header: RecordHeader, place: Place): boolean {
  return (header.kind === "segmentHead") === place.atSegmentHead &&
    (place.check === null || header.previousCheck === place.check) &&
    (place.writeNumber === null || header.writeNumber === place.writeNumber);
}

/**
 * Is there a header of another write behind the damaged record at `offsetBytes`? A believable header is enough: its
 * write began, so the one before was durable. Where the damaged header gives no length, every eighth byte is
 * tried. An entry whose data happens to contain a record may then be taken for one; that errs towards refusing.
 */
function laterWriteStands(
  bytes: Uint8Array,
  offsetBytes: number,
  damaged: RecordHeader | null,
  expectedWrite: number | null,
): boolean {
  const writeNumber = damaged?.writeNumber ?? expectedWrite;
  let at = offsetBytes + (damaged === null ? 8 : recordBytes(damaged.bodyBytes));
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const header = decodeHeader(bytes, at);
    if (header !== null && header.writeNumber !== writeNumber) return true;
    at += header === null ? 8 : recordBytes(header.bodyBytes);
  }
  return false;
}

/** Could the damage be data that never arrived? Judged over the damaged part: the body, or the header if it is that. */
function seemsUnwritten(
  bytes: Uint8Array,
  offsetBytes: number,
  header: RecordHeader | null,
  zerosFrom: number,
): boolean {
  const start = header === null ? offsetBytes : offsetBytes + RECORD_HEADER_BYTES;
  const end = header === null ? offsetBytes + RECORD_HEADER_BYTES : start + header.bodyBytes;
  const paddedEnd = header === null ? end : offsetBytes + recordBytes(header.bodyBytes);
  if (paddedEnd > bytes.length || zerosFrom < end) return true;
  for (let share = start; share < end;) {
    const shareEnd = Math.min(end, (Math.floor(share / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    let at = share;
    while (at < shareEnd && bytes[at] === 0) at++;
    if (at === shareEnd) return true;
    share = shareEnd;
  }
  return false;
}

function trailingZerosStart(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === 0) start--;
  return start;
}

function checkHead(
  { file, name }: Segment,
  { header, body, walk }: { readonly header: RecordHeader; readonly body: Uint8Array; readonly walk: Walk },
): RecoveryVerdict | null {
  const head = decodeHead(body);
  switch (head.kind) {
    case "malformed":
      return rotten(file, 0, "The segment's head is well kept but is not a Flotilla log's.");
    case "unknownVersion":
      return {
        kind: "unknownVersion",
        file,
        version: head.version,
        says: `This log is of format version ${head.version}; this program knows version ${WAL_VERSION}.`,
      };
    case "head":
      break;
  }
  const { identity } = head;
  walk.identity ??= identity;
  if (identity.clusterId !== walk.identity.clusterId || identity.memberId !== walk.identity.memberId) {
    return {
      kind: "foreign",
      file,
      identity,
      says: `This log belongs to member ${identity.memberId} of cluster ${identity.clusterId}, ` +
        `not to member ${walk.identity.memberId} of cluster ${walk.identity.clusterId}.`,
    };
  }
  if (head.sequence !== name.sequence || header.index !== name.firstIndex || name.firstIndex < 1) {
    return rotten(file, 0, "The segment is another one than its name says.");
  }
  return null;
}

interface WalRecord {
  readonly header: RecordHeader;
  readonly body: Uint8Array;
}

/** The log as the writes read so far leave it. */
class Replay {
  /** Of the first of `entries`, or of the next entry when there is none. */
  firstIndex: LogIndex;
  entries: Entry[] = [];
  hardState: HardState | null = null;
  /** The latest mark of each index, including those that no longer serve. */
  readonly marks = new Map<LogIndex, SnapshotMark>();
  recordsRead = 0;

  constructor(firstIndex: LogIndex) {
    this.firstIndex = firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.firstIndex + this.entries.length - 1;
  }

  /** Takes one whole write. Returns what is impossible about it, or null: checks that hold do not make sense of a log. */
  apply(write: readonly WalRecord[]): string | null {
    for (const { header, body } of write) {
      const trouble = this.#applyRecord(header, body);
      if (trouble !== null) return trouble;
    }
    this.recordsRead += write.length;
    const { term, commit } = this.hardState ?? { term: 0, commit: 0 };
    const lastTerm = this.entries.at(-1)?.term ?? 0;
    if (commit > this.lastIndex) return `it ends at entry ${this.lastIndex}, and commit ${commit} is beyond`;
    if (lastTerm > term) return `its last entry is of term ${lastTerm}, and its hard state of term ${term}`;
    return null;
  }

  #applyRecord(header: RecordHeader, body: Uint8Array): string | null {
    const { kind, index } = header;
    if (kind === "segmentHead") return null;
    if (kind === "hardState") {
      this.hardState = decodeHardState(header, body);
      return this.hardState === null ? notA(kind, body) : null;
    }
    if (index < 1) return `a record is about index ${index}`;
    if (kind === "snapshotMark") {
      const decoded = decodeMark(header, body);
      if (decoded === null) return notA(kind, body);
      if (decoded.replacesLog) {
        this.entries = [];
        this.firstIndex = index + 1;
      } else if (index > this.lastIndex) {
        return `a snapshot of entries up to ${index} is marked where the log ends at ${this.lastIndex}`;
      }
      this.marks.set(index, decoded.mark);
      return null;
    }
    const entry = decodeEntry(header, body);
    assert(entry !== null, "the remaining kinds are entries");
    if (index > this.lastIndex + 1) return `entry ${index} follows entry ${this.lastIndex}`;
    // The first segment left may overwrite entries that went with the segments before it.
    if (index < this.firstIndex) this.firstIndex = index;
    this.entries.length = index - this.firstIndex;
    this.entries.push(entry);
    return null;
  }
}

function notA(kind: "hardState" | "snapshotMark", body: Uint8Array): string {
  const expected = BODY_FIELDS[kind].reduce((sum, field) => sum + field.sizeBytes, 0);
  return `a ${
    kind === "hardState" ? "hard state" : "snapshot mark"
  } of ${body.length} instead of ${expected} bytes`;
}

type SnapshotChoice =
  | {
    readonly kind: "chosen";
    readonly snapshot: Snapshot | null;
    readonly mark: SnapshotMark | null;
    readonly damagedFile: string | null;
  }
  | RottenWal;

function chooseSnapshot(image: DiskImage, identity: WalIdentity, replay: Replay): SnapshotChoice {
  const marks = [...replay.marks.values()].sort((a, b) => b.index - a.index);
  const serving = (mark: SnapshotMark): Snapshot | null => {
    if (mark.index < replay.firstIndex - 1 || mark.index > replay.lastIndex) return null;
    const bytes = image.get(snapshotFile(mark));
    return bytes === undefined ? null : decodeSnapshot(bytes, { ...mark, identity });
  };
  const newest = marks[0];
  const newestSnapshot = newest === undefined ? null : serving(newest);
  const older = newestSnapshot !== null ? undefined : marks.slice(1).find((mark) => serving(mark) !== null);
  const facts: SnapshotFacts = {
    marked: newest !== undefined,
    newestServes: newestSnapshot !== null,
    olderServes: older !== undefined,
    logFromStart: replay.firstIndex === 1,
  };
  const rule = SNAPSHOT_RULES.find((row) => ruleApplies(row, facts));
  assert(rule !== undefined, "no snapshot rule applies");

  const damagedFile = newest === undefined || facts.newestServes ? null : snapshotFile(newest);
  switch (rule.verdict) {
    case "newest":
      return { kind: "chosen", snapshot: newestSnapshot, mark: newest!, damagedFile };
    case "older":
      return { kind: "chosen", snapshot: serving(older!), mark: older!, damagedFile };
    case "logAlone":
      return { kind: "chosen", snapshot: null, mark: null, damagedFile };
    case "rot": {
      const lost = newest === undefined ? null : { index: newest.index, term: newest.term };
      const what = lost === null
        ? `Everything before entry ${replay.firstIndex} is lost`
        : `The state up to entry ${lost.index} (term ${lost.term}) is lost`;
      return rotten(damagedFile ?? "snap/", 0, `${what}: ${rule.because}.`, lost);
    }
  }
}

function sayRot(
  header: RecordHeader | null,
  { at, lost, because }: { readonly at: number; readonly lost: RottenWal["lost"]; readonly because: string },
): string {
  if (header === null || lost === null) {
    return `At byte ${at} the log breaks off, and what follows is lost: ${because}.`;
  }
  const { index, term } = lost;
  switch (header.kind) {
    case "segmentHead":
      return `The segment's head is lost (first entry ${index}): ${because}.`;
    case "hardState":
      return `A hard state is lost (term ${term}, its vote, commit ${index}): ${because}.`;
    case "snapshotMark":
      return `The mark of snapshot ${index} (term ${term}) is lost: ${because}.`;
    default:
      return `Entry ${index} of term ${term} is lost: ${because}.`;
  }
}

function rotten(file: string, offsetBytes: number, says: string, lost: RottenWal["lost"] = null): RottenWal {
  return { kind: "rotten", file, offsetBytes, lost, says, remedy: REMEDY };
}
