// The journal of a live member and its replay. A member is a function of its inputs: whoever has the disk it began
// with and its inputs can bring it to any moment again, in another place and as often as wanted.
//
//   live:    inputs ─▶ MemberRecorder ─▶ Member ─▶ outputs      steps leave with the host's next report
//                            │ steps, with a digest of the outputs
//   replay:                  ▼
//            MemberJournal: recover, then handle every step ── keyframe ── keyframe ── head
//                                                                 └─ restore, replay up to T: the member at T
//
// The digest that comes with each step says what the live member had said so far. The journal compares it with what
// its own member says, step by step: a replay that parted from what happened is noticed at that step, not believed.

import { assert } from "../base/assert.ts";
import { StateHash } from "../base/bytes.ts";
import type { DiskImage, DiskWrite } from "../base/disk.ts";
import type { MemberId } from "../base/ids.ts";
import { isOrderedMap } from "../kv/ordered_map.ts";
import type { Message } from "../raft/message.ts";
import type { EventMachine } from "./driver.ts";
import type { Input, Output } from "./io.ts";
import { Member, type MemberState } from "./member.ts";
import type { MemberOptions } from "./options.ts";

/** One call of `handle`: inputs that were taken together must be replayed together. */
export interface JournalStep {
  /** Virtual milliseconds; never falls within a life. */
  readonly atMs: number;
  readonly inputs: readonly Input[];
  /** The first half of the digest of everything said up to and with this step. */
  readonly digest: number;
}

/** A member at the end of a step, and what lies beside it: enough to go on from here. */
export interface Keyframe {
  /** Steps of this life up to here. */
  readonly stepCount: number;
  readonly atMs: number;
  readonly state: MemberState;
  readonly digest: readonly [number, number];
  /** Raft messages sent in this life so far. */
  readonly sentCount: number;
  /** When its last tick came; null before the first. */
  readonly tickedAtMs: number | null;
  /** The number that the host's next request gets. */
  readonly nextRequestId: number;
  readonly pendingWrite: DiskWrite | null;
}

/** Where a life stands, without the member itself. */
export type Standing = Omit<Keyframe, "state">;

/** A member's start: what its life is replayed from. */
export interface LifeStart {
  readonly options: MemberOptions;
  /** The disk as it was opened. */
  readonly image: DiskImage;
  readonly atMs: number;
}

/** A keyframe after so many steps: replaying half of it on average takes a few milliseconds. */
const KEYFRAME_STEPS = 512;
/** More keyframes than this, and every second one of the older half goes. */
const KEYFRAME_COUNT_MAX = 96;
/** Steps kept of one life; the oldest go first, a stretch between two keyframes at a time. */
export const JOURNAL_STEPS_MAX = 60_000;

const TICK: readonly Input[] = [{ kind: "tick" }];

/** Follows a member's steps, live or replayed: what every keyframe needs to know beside the member itself. */
class Tracker {
  stepCount: number;
  atMs: number;
  sentCount: number;
  tickedAtMs: number | null;
  nextRequestId: number;
  pendingWrite: DiskWrite | null;
  readonly hash: StateHash;

  constructor(from: Standing) {
    this.stepCount = from.stepCount;
    this.atMs = from.atMs;
    this.sentCount = from.sentCount;
    this.tickedAtMs = from.tickedAtMs;
    this.nextRequestId = from.nextRequestId;
    this.pendingWrite = from.pendingWrite;
    this.hash = StateHash.restore(from.digest);
  }

  before(atMs: number, inputs: readonly Input[]): void {
    this.stepCount += 1;
    this.atMs = atMs;
    for (const input of inputs) {
      if (input.kind === "tick") this.tickedAtMs = atMs;
      else if (input.kind === "request") {
        this.nextRequestId = Math.max(this.nextRequestId, input.requestId + 1);
      } else if (input.kind === "written") this.pendingWrite = null;
    }
  }

  /** @returns the write that these outputs begin. */
  after(outputs: readonly Output[]): DiskWrite | null {
    let write: DiskWrite | null = null;
    for (const output of outputs) {
      this.hash.addText(outline(output));
      if (output.kind === "send") this.sentCount += 1;
      else if (output.kind === "write") write = output.write;
    }
    if (write !== null) this.pendingWrite = write;
    return write;
  }

  standing(): Standing {
    const { stepCount, atMs, sentCount, tickedAtMs, nextRequestId, pendingWrite, hash } = this;
    return { stepCount, atMs, digest: hash.capture(), sentCount, tickedAtMs, nextRequestId, pendingWrite };
  }

  keyframe(member: Member): Keyframe {
    return { ...this.standing(), state: member.capture() };
  }
}

/** Stands between a driver and its member, and writes down what passes. */
export class MemberRecorder implements EventMachine {
  readonly id: MemberId;
  readonly #member: Member;
  readonly #now: () => number;
  readonly #hash = new StateHash();
  #steps: JournalStep[] = [];

  /** @param outputs what recovery had to say: they are no step, but the digest begins with them. */
  constructor(member: Member, now: () => number, outputs: readonly Output[]) {
    this.id = member.id;
    this.#member = member;
    this.#now = now;
    for (const output of outputs) this.#hash.addText(outline(output));
  }

  handle(inputs: readonly Input[]): readonly Output[] {
    const atMs = this.#now();
    const outputs = this.#member.handle(inputs);
    for (const output of outputs) this.#hash.addText(outline(output));
    this.#steps.push({ atMs, inputs, digest: this.#hash.capture()[0] });
    return outputs;
  }

  /** The steps since the last call. */
  take(): readonly JournalStep[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }
}

/** A message that a replayed member sent, with its number in the life. */
export interface ReplayedSend {
  readonly number: number;
  readonly atMs: number;
  readonly message: Message;
}

export interface Replayed {
  readonly member: Member;
  readonly standing: Standing;
  /** What it sent on the way from the keyframe that the replay began with. */
  readonly sends: readonly ReplayedSend[];
  /** Every step said exactly what the live member said. */
  readonly agrees: boolean;
}

interface KeptStep extends JournalStep {
  /** The write that this step began. */
  readonly write: DiskWrite | null;
}

/** The bounded journal of one life, with a member that follows it. */
export class MemberJournal {
  readonly options: MemberOptions;
  readonly #stepsMax: number;
  readonly #member: Member;
  readonly #tracker: Tracker;
  #steps: KeptStep[] = [];
  /** Steps of this life that are no longer here. */
  #forgottenCount = 0;
  #keyframes: Keyframe[];
  /** The disk as it stood at the oldest keyframe, without the write in flight then. */
  readonly #files: Map<string, Uint8Array[]>;
  #agrees = true;

  /** @throws InvariantViolation when no member can be recovered from this start: the live one could not, either. */
  constructor({ options, image, atMs }: LifeStart, stepsMax = JOURNAL_STEPS_MAX) {
    this.options = options;
    this.#stepsMax = stepsMax;
    this.#files = new Map([...image].map(([file, bytes]) => [file, [bytes]]));
    const recovery = Member.recover(options, image);
    assert(recovery.kind === "running", () => `${options.name} did not come from this disk`);
    this.#member = recovery.member;
    this.#tracker = new Tracker({
      stepCount: 0,
      atMs,
      digest: new StateHash().capture(),
      sentCount: 0,
      tickedAtMs: null,
      nextRequestId: 1,
      pendingWrite: null,
    });
    this.#tracker.after(recovery.outputs);
    this.#keyframes = [this.#tracker.keyframe(this.#member)];
  }

  /** Virtual time of the oldest moment it can go back to. */
  get fromMs(): number {
    return this.#keyframes[0]!.atMs;
  }

  /** Virtual time of the newest step. */
  get toMs(): number {
    return this.#tracker.atMs;
  }

  get stepCount(): number {
    return this.#steps.length;
  }

  /** Every step so far said exactly what the live member said. */
  get agrees(): boolean {
    return this.#agrees;
  }

  /** The member at the newest step. For views: nobody else may touch it. */
  get head(): Member {
    return this.#member;
  }

  /** Steps come in order. */
  add(steps: readonly JournalStep[]): void {
    for (const { atMs, inputs, digest } of steps) {
      this.#tracker.before(atMs, inputs);
      const write = this.#tracker.after(this.#member.handle(inputs));
      if (this.#tracker.hash.capture()[0] !== digest) this.#agrees = false;
      // Most steps are a tick and nothing else: they share one.
      const isTick = inputs.length === 1 && inputs[0]!.kind === "tick";
      this.#steps.push({ atMs, inputs: isTick ? TICK : inputs, write, digest });
      if (this.#tracker.stepCount % KEYFRAME_STEPS === 0) {
        this.#keyframes.push(this.#tracker.keyframe(this.#member));
        this.#thin();
        this.#forget();
      }
    }
  }

  /**
   * The member as it was at this moment: after the last step at or before it. Null before the oldest keyframe.
   * @param lookbackMs begin at least this much earlier, so that `sends` reaches back so far, where the journal does.
   */
  at(ms: number, lookbackMs = 0): Replayed | null {
    const start = this.#keyframes.findLast(({ atMs }) => atMs <= ms - lookbackMs) ??
      this.#keyframes.find(({ atMs }) => atMs <= ms);
    if (start === undefined) return null;
    const member = Member.restore(this.options, start.state);
    const tracker = new Tracker(start);
    const sends: ReplayedSend[] = [];
    let agrees = true;
    for (let at = start.stepCount - this.#forgottenCount; at < this.#steps.length; at++) {
      const step = this.#steps[at]!;
      if (step.atMs > ms) break;
      tracker.before(step.atMs, step.inputs);
      let number = tracker.sentCount;
      const outputs = member.handle(step.inputs);
      tracker.after(outputs);
      if (tracker.hash.capture()[0] !== step.digest) agrees = false;
      for (const output of outputs) {
        if (output.kind === "send") {
          sends.push({ number: ++number, atMs: step.atMs, message: output.message });
        }
      }
    }
    return { member, standing: tracker.standing(), sends, agrees };
  }

  /** The disk as a power cut at this moment would leave it, had the write in flight not begun. */
  filesAt(ms: number): Map<string, Uint8Array[]> {
    const files = new Map([...this.#files].map(([file, chunks]) => [file, [...chunks]]));
    const after = this.#steps.findIndex(({ atMs }) => atMs > ms);
    this.#write(files, after < 0 ? this.#steps.length : after);
    return files;
  }

  /** Brings files from the oldest keyframe forward by so many steps. */
  #write(files: Map<string, Uint8Array[]>, stepCount: number): void {
    let pending = this.#keyframes[0]!.pendingWrite;
    for (const step of this.#steps.slice(0, stepCount)) {
      if (pending !== null && step.inputs.some((input) => input.kind === "written")) {
        perform(files, pending);
        pending = null;
      }
      if (step.write !== null) pending = step.write;
    }
  }

  /** Keeps the newest keyframes dense and the older ones sparse: far back takes longer to reach, not for ever. */
  #thin(): void {
    if (this.#keyframes.length <= KEYFRAME_COUNT_MAX) return;
    const half = Math.floor(this.#keyframes.length / 2);
    this.#keyframes = this.#keyframes.filter((_, at) => at === 0 || at >= half || at % 2 === 0);
  }

  #forget(): void {
    while (this.#steps.length > this.#stepsMax && this.#keyframes.length > 1) {
      const next = this.#keyframes[1]!;
      const count = next.stepCount - this.#forgottenCount;
      this.#write(this.#files, count);
      this.#steps = this.#steps.slice(count);
      this.#forgottenCount = next.stepCount;
      this.#keyframes = this.#keyframes.slice(1);
    }
  }
}

/** Names everything a member is: equal for members that will answer alike for ever. 16 hex digits. */
export function stateHash(member: Member): string {
  return new StateHash().addText(canonicalText(member.capture())).addText(member.kvHash).digest();
}

/** Text of plain data in which equal data are equal, whatever order Maps and objects were filled in. */
function canonicalText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Uint8Array) return `<${value.join()}>`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  // Part of the store, which has a hash of its own: its records hang together in chains.
  if (isOrderedMap(value)) return `${value.size}`;
  if (value instanceof Set) return `{${[...value].map(canonicalText).sort().join()}}`;
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map
    ? [...value]
    : Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${canonicalText(key)}:${canonicalText(item)}`).sort().join()}}`;
}

/** What an output says, in few characters: enough to notice any difference that could matter. */
function outline(output: Output): string {
  switch (output.kind) {
    case "send": {
      const { kind, to, term, index, logTerm, commit, reject, entries } = output.message;
      return `${kind}${to}${term},${index},${logTerm},${commit},${reject},${entries.length}`;
    }
    case "write":
      return `w${output.write.writeId},${
        output.write.ops.map((op) => op.kind + ("bytes" in op ? op.bytes.length : ""))
      }`;
    case "respond":
      return `r${output.requestId}${output.response.kind}${output.last}`;
    case "trace":
      return JSON.stringify(output.event);
    case "talk":
    case "roster":
    case "removed":
      return output.kind;
  }
}

function perform(files: Map<string, Uint8Array[]>, write: DiskWrite): void {
  for (const op of write.ops) {
    switch (op.kind) {
      case "append": {
        const chunks = files.get(op.file);
        if (chunks === undefined) files.set(op.file, [op.bytes]);
        else chunks.push(op.bytes);
        break;
      }
      case "truncate":
        files.set(op.file, cutChunks(files.get(op.file) ?? [], op.sizeBytes));
        break;
      case "replace":
        files.set(op.file, [op.bytes]);
        break;
      case "remove":
        files.delete(op.file);
        break;
    }
  }
}

function cutChunks(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let left = sizeBytes;
  for (const chunk of chunks) {
    if (left <= 0) break;
    kept.push(chunk.length <= left ? chunk : chunk.slice(0, left));
    left -= chunk.length;
  }
  return kept;
}
