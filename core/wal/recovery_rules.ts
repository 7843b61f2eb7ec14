// What recovery decides, as tables. A reader of the log stands before a place in a segment, gathers facts, and
// exactly one row applies; so with the choice of a snapshot. A test walks every combination of facts.
//
// The two verdicts that matter are easily confused:
//   tear: the last write was still under way when the power went. Nobody was told that it is on disk, so it may be
//         cut off, and is: the WHOLE write, not only the damaged record. Its hard state and entries belong together
//         (an entry of a term the hard state does not know yet, or a commit index beyond the log, is a state this
//         member was never in), and a write that counts as a whole or not at all leaves only states it was in.
//   rot:  bytes that had been durable changed. Cutting them off would take back a promise, perhaps a vote or an
//         entry of a committed majority. So the member refuses to start.
//
// What tells them apart is that a member has one write in flight and writes only at the tail:
//   - whatever a later write, or a later segment, stands behind was durable;
//   - a write under way leaves bytes *missing*: the file ends, or zeros stand where the file system had made room
//     but the data had not arrived. Data arrives in sectors, in any order, so the missing share may lie in front of
//     records of the same write that did arrive. Bytes that are there but different were never a tear.
//
// Honest limits. Rot inside the very last write still passes for a tear when it looks like missing bytes: a sector
// that turned to zeros, a file that became shorter (were it by several writes: no file knows how long it once was),
// or a changed byte in a record whose last byte, or whole share of a sector, is zero by its own nature. And a
// stretch of rot that swallows exactly 128 writes, or a multiple, looks like a hole in one write.

/** What a reader knows about the place it has come to. */
export interface RecordFacts {
  /** Not one byte of the segment is left. */
  readonly atEnd: boolean;
  /** The record before was not the last of its write. */
  readonly insideWrite: boolean;
  /** No later segment exists, not even an empty one. */
  readonly lastSegment: boolean;
  /** A header stands here that passes its own check. */
  readonly headerOk: boolean;
  /** It chains to the record before it, carries the right write number, and a segment head stands first and only there. */
  readonly chainOk: boolean;
  /** The body is there, passes its check and is padded with zeros. */
  readonly bodyOk: boolean;
  /** Further on in this segment, a believable header of another write exists. */
  readonly laterWrite: boolean;
  /** Bytes of it seem never to have arrived: the file ends inside, or zeros stand to its end or through its share of a sector. */
  readonly unwritten: boolean;
}

export type RecordVerdict = "accept" | "end" | "nextSegment" | "tear" | "rot";

export interface RecordRule {
  readonly when: Partial<RecordFacts>;
  readonly verdict: RecordVerdict;
  readonly because: string;
}

export const RECORD_RULES: readonly RecordRule[] = [
  // Nothing left to read.
  {
    when: { atEnd: true, insideWrite: false, lastSegment: true },
    verdict: "end",
    because: "the log ends after a whole write",
  },
  {
    when: { atEnd: true, insideWrite: false, lastSegment: false },
    verdict: "nextSegment",
    because: "the segment ends after a whole write",
  },
  {
    when: { atEnd: true, insideWrite: true, lastSegment: true },
    verdict: "tear",
    because: "the last write stopped between two of its records",
  },
  {
    when: { atEnd: true, insideWrite: true, lastSegment: false },
    verdict: "rot",
    because: "the segment ends inside a write although a later segment exists",
  },
  // A believable header.
  {
    when: { atEnd: false, headerOk: true, chainOk: true, bodyOk: true },
    verdict: "accept",
    because: "both checks hold and the chain is unbroken",
  },
  {
    when: { atEnd: false, headerOk: true, chainOk: false },
    verdict: "rot",
    because: "it does not continue the record before it: something between them was lost or replaced",
  },
  {
    when: {
      atEnd: false,
      headerOk: true,
      chainOk: true,
      bodyOk: false,
      lastSegment: true,
      laterWrite: false,
      unwritten: true,
    },
    verdict: "tear",
    because: "its header is whole, bytes of its body never arrived, and nothing was written later",
  },
  {
    when: {
      atEnd: false,
      headerOk: true,
      chainOk: true,
      bodyOk: false,
      lastSegment: true,
      laterWrite: false,
      unwritten: false,
    },
    verdict: "rot",
    because: "all bytes of its body are there, but not the ones that were written",
  },
  {
    when: { atEnd: false, headerOk: true, chainOk: true, bodyOk: false, lastSegment: true, laterWrite: true },
    verdict: "rot",
    because: "its body is damaged and a later write stands behind it",
  },
  {
    when: { atEnd: false, headerOk: true, chainOk: true, bodyOk: false, lastSegment: false },
    verdict: "rot",
    because: "its body is damaged and a later segment exists",
  },
  // No header to believe.
  {
    when: { atEnd: false, headerOk: false, lastSegment: true, laterWrite: false, unwritten: true },
    verdict: "tear",
    because: "bytes of its header never arrived, and nothing was written later",
  },
  {
    when: { atEnd: false, headerOk: false, lastSegment: true, laterWrite: false, unwritten: false },
    verdict: "rot",
    because: "all bytes of a header are there, but not the ones that were written",
  },
  {
    when: { atEnd: false, headerOk: false, lastSegment: true, laterWrite: true },
    verdict: "rot",
    because: "its header is damaged and a later write stands behind it",
  },
  {
    when: { atEnd: false, headerOk: false, lastSegment: false },
    verdict: "rot",
    because: "its header is damaged and a later segment exists",
  },
];

/** What is known about snapshots once the log is replayed. A snapshot "serves" when its file is whole, is the one that was marked, and the log goes on from it. */
export interface SnapshotFacts {
  /** The log holds a mark. */
  readonly marked: boolean;
  /** The snapshot of the highest mark serves. */
  readonly newestServes: boolean;
  /** A snapshot of a lower mark serves. */
  readonly olderServes: boolean;
  /** The log goes back to index 1, and so needs no snapshot. */
  readonly logFromStart: boolean;
}

export type SnapshotVerdict = "newest" | "older" | "logAlone" | "rot";

export interface SnapshotRule {
  readonly when: Partial<SnapshotFacts>;
  readonly verdict: SnapshotVerdict;
  readonly because: string;
}

export const SNAPSHOT_RULES: readonly SnapshotRule[] = [
  {
    when: { marked: false, logFromStart: true },
    verdict: "logAlone",
    because: "no snapshot was ever taken",
  },
  {
    when: { marked: false, logFromStart: false },
    verdict: "rot",
    because: "the log does not go back to its start and names no snapshot to go on from",
  },
  {
    when: { marked: true, newestServes: true },
    verdict: "newest",
    because: "the marked snapshot is whole and the log goes on from it",
  },
  {
    when: { marked: true, newestServes: false, olderServes: true },
    verdict: "older",
    because: "the newest snapshot is damaged, but the log still goes on from an older one",
  },
  {
    when: { marked: true, newestServes: false, olderServes: false, logFromStart: true },
    verdict: "logAlone",
    because: "no snapshot is whole, but the log still goes back to its start",
  },
  {
    when: { marked: true, newestServes: false, olderServes: false, logFromStart: false },
    verdict: "rot",
    because:
      "the marked snapshot is missing or damaged and the log does not go back far enough to do without",
  },
];

/** True when every fact the rule names is as it says. */
export function ruleApplies<Facts extends object>(
  rule: { readonly when: Partial<Facts> },
  facts: Facts,
): boolean {
  return (Object.keys(rule.when) as (keyof Facts)[]).every((fact) => rule.when[fact] === facts[fact]);
}
