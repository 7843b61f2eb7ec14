// The only loop around a member, the same in every home. It takes what the host brings (ticks, frames, requests,
// finished writes), hands it to the member in batches, and carries the outputs to disk, network and clients.

import { InvariantViolation } from "../base/assert.ts";
import type { Credentials } from "../auth/requests.ts";
import type { MemberId } from "../base/ids.ts";
import { decodeMessage, encodeMessage } from "../wire/peer_codec.ts";
import { decodeTalk, encodeTalk, isTalkFrame } from "../wire/talk_codec.ts";
import type { ClientRequest, ClientResponse, Input, Output, WatchMessage } from "./io.ts";
import type { Disk, Network } from "./ports.ts";
import type { TraceEvent } from "./trace.ts";

/** What a driver needs of a member; `Member` is the real one. */
export interface EventMachine {
  readonly id: MemberId;
  /** Takes the inputs in order, as one step: what they cause together travels together. */
  handle(inputs: readonly Input[]): readonly Output[];
}

/** Called once for most requests; for a stream until `last`, unless it is cancelled or the member stops. */
export type OnResponse = (response: ClientResponse, last: boolean) => void;

export interface DriverOptions {
  readonly member: EventMachine;
  readonly disk: Disk;
  readonly network: Network;
  /**
   * Runs `flush` soon. Inputs that arrive until then share one step, which is what makes group commit and batched
   * appends work under load. The simulator runs it at once.
   */
  readonly schedule: (flush: () => void) => void;
  readonly onTrace: (event: TraceEvent) => void;
  /** The member is out of work for good: removed from its cluster, a failed disk, or a broken promise of ours. */
  readonly onStopped: (reason: StopReason) => void;
  /** Sees every input just before the member does: a journal of these replays the member. */
  readonly onInput?: (input: Input) => void;
  /** Where request numbers begin: a member restored from a keyframe goes on counting. Default 1. */
  readonly firstRequestId?: number;
}

export type StopReason =
  | { readonly kind: "removed" }
  | { readonly kind: "diskFailed"; readonly why: string }
  | { readonly kind: "violation"; readonly error: Error };

export class MemberDriver {
  readonly #options: DriverOptions;
  readonly #waiting = new Map<number, OnResponse>();
  #inputs: Input[] = [];
  #nextRequestId: number;
  #scheduled = false;
  #running = false;
  #stopped = false;
  #malformedFrameCount = 0;

  /** @param outputs what recovery already had to say. */
  constructor(options: DriverOptions, outputs: readonly Output[]) {
    this.#options = options;
    this.#nextRequestId = options.firstRequestId ?? 1;
    this.#dispatch(outputs);
  }

  /** The number that the next request will get. */
  get nextRequestId(): number {
    return this.#nextRequestId;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Frames that were neither a raftpb.Message nor a talk for this member, dropped. */
  get malformedFrameCount(): number {
    return this.#malformedFrameCount;
  }

  /** One tick of the member's own time. However late a host is, it calls once: a burst would start elections. */
  tick(): void {
    this.#take({ kind: "tick" });
  }

  /** Bytes from the network; whatever is not a message or a talk for this member is dropped and counted. */
  deliver(frame: Uint8Array): void {
    const input = isTalkFrame(frame) ? talkOf(frame) : messageOf(frame);
    if (input === null || toOf(input) !== this.#options.member.id) {
      this.#malformedFrameCount += 1;
      return;
    }
    this.#take(input);
  }

  /** Asks the member. A stream ("watch") stays open until its last response or `cancel`. */
  request(request: ClientRequest, onResponse: OnResponse, credentials?: Credentials): number {
    const requestId = this.#nextRequestId++;
    this.#waiting.set(requestId, onResponse);
    this.#take({ kind: "request", requestId, request, ...(credentials ? { credentials } : {}) });
    return requestId;
  }

  /** A client's further word on a stream that `request` opened. Without effect when it has ended. */
  say(requestId: number, message: WatchMessage): void {
    if (this.#waiting.has(requestId)) this.#take({ kind: "say", requestId, message });
  }

  /**
   * The client of a stream has taken `count` of its responses. Owed for every response, of whatever kind: a stream with
   * 16 responses untaken gets no events, with 4096 it is ended.
   */
  taken(requestId: number, count = 1): void {
    if (this.#waiting.has(requestId)) this.#take({ kind: "taken", requestId, count });
  }

  /** A write is durable. The disk's callback calls this; a host that restores a member mid-write calls it itself. */
  written(writeId: number): void {
    this.#take({ kind: "written", writeId });
  }

  /** The disk refused a write: the member stops for good. */
  diskFailed(why: string): void {
    this.#stopFor({ kind: "diskFailed", why });
  }

  /** Waits on for a request that a member restored from a keyframe was asked before the keyframe was taken. */
  adopt(requestId: number, onResponse: OnResponse): void {
    this.#waiting.set(requestId, onResponse);
  }

  cancel(requestId: number): void {
    if (this.#waiting.delete(requestId)) this.#take({ kind: "cancel", requestId });
  }

  unreachable(peer: MemberId): void {
    this.#take({ kind: "unreachable", peer });
  }

  snapshotSent(peer: MemberId, ok: boolean): void {
    this.#take({ kind: "snapshotSent", peer, ok });
  }

  /** Ends the member without a word to anyone, as a crash would. Idempotent. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#inputs = [];
    this.#waiting.clear();
    this.#options.disk.close();
    this.#options.network.close();
  }

  #take(input: Input): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    this.#options.schedule(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#stopped || this.#running) return;
    this.#running = true;
    try {
      // Inputs that the outputs of one step cause (a callback from the host) are taken in the next round.
      while (this.#inputs.length > 0 && !this.#stopped) {
        const inputs = this.#inputs;
        this.#inputs = [];
        if (this.#options.onInput) inputs.forEach(this.#options.onInput);
        this.#dispatch(this.#options.member.handle(inputs));
      }
    } catch (error) {
      this.#stopFor({ kind: "violation", error: error as Error });
      if (!(error instanceof InvariantViolation)) throw error;
    } finally {
      this.#running = false;
    }
  }

  #dispatch(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (this.#stopped) return;
      switch (output.kind) {
        case "write": {
          const { writeId } = output.write;
          this.#options.disk.write(
            output.write,
            () => this.written(writeId),
            (why) => this.#stopFor({ kind: "diskFailed", why }),
          );
          break;
        }
        case "send":
          this.#options.network.send(output.message.to, encodeMessage(output.message));
          break;
        case "talk":
          this.#options.network.send(output.talk.to, encodeTalk(output.talk));
          break;
        case "respond": {
          const onResponse = this.#waiting.get(output.requestId);
          if (output.last) this.#waiting.delete(output.requestId);
          onResponse?.(output.response, output.last);
          break;
        }
        case "roster":
          this.#options.network.setRoster(output.members);
          break;
        case "trace":
          this.#options.onTrace(output.event);
          break;
        case "removed":
          this.#stopFor({ kind: "removed" });
          break;
      }
    }
  }

  #stopFor(reason: StopReason): void {
    if (this.#stopped) return;
    this.#options.onTrace({ kind: "stopped", why: describeStop(reason) });
    this.stop();
    this.#options.onStopped(reason);
  }
}

type FrameInput = Extract<Input, { readonly kind: "receive" | "talk" }>;

function messageOf(frame: Uint8Array): FrameInput | null {
  const message = decodeMessage(frame);
  return message.kind === "malformed" ? null : { kind: "receive", message };
}

function talkOf(frame: Uint8Array): FrameInput | null {
  const talk = decodeTalk(frame);
  return talk.kind === "malformed" ? null : { kind: "talk", talk };
}

function toOf(input: FrameInput): MemberId {
  return input.kind === "receive" ? input.message.to : input.talk.to;
}

function describeStop(reason: StopReason): string {
  switch (reason.kind) {
    case "removed":
      return "this member was removed from its cluster";
    case "diskFailed":
      return `its disk failed: ${reason.why}`;
    case "violation":
      return `it broke a promise: ${reason.error.message}`;
  }
}
