// A member's network in a tab: every member listens on a BroadcastChannel of its own, its inbox. A frame travels at
// once and then waits in the receiver's agenda until its virtual landing time, so that a message can be seen on its
// way, and a link can be cut under it. The sender draws how long it flies and reports the flight.
//
// A link keeps its order, as a TCP connection does. It loses what is cut: at the sender, or at landing when the cut
// came while the frame was in the air. Any script of this origin may post here; what is not a frame of this cluster
// for this member is dropped and counted.

import type { ClusterId, MemberId } from "../../core/base/ids.ts";
import type { Prng } from "../../core/base/prng.ts";
import type { MemberAddress } from "../../core/member/io.ts";
import type { Network } from "../../core/member/ports.ts";
import { decodeMessage } from "../../core/wire/peer_codec.ts";
import { isTalkFrame } from "../../core/wire/talk_codec.ts";
import type { Agenda } from "./agenda.ts";
import type { ClusterPlan, Flight } from "./cluster_api.ts";
import { FLIGHT_MS, inboxName, isCut, linkPrng, type LinkState } from "./link_state.ts";
import { summarize } from "./message_summary.ts";

/** What crosses a channel. */
interface Envelope {
  readonly cluster: ClusterId;
  readonly incarnation: string;
  readonly from: MemberId;
  readonly to: MemberId;
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly deliverAtMs: number;
  readonly frame: Uint8Array;
}

/** Frames held for a member that is paused or slow; beyond either bound new ones are dropped and counted. */
const HELD_FRAME_COUNT_MAX = 10_000;
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** No honest frame lands later than this after it came, in virtual milliseconds. */
const FLIGHT_MS_MAX = 60_000;

export interface BroadcastNetworkOptions {
  readonly self: MemberId;
  readonly cluster: ClusterId;
  readonly incarnation: string;
  /** Different for each start of this member: part of every message id. */
  readonly startId: number;
  readonly plan: ClusterPlan;
  readonly links: LinkState;
  readonly agenda: Pick<Agenda, "at">;
  /** Virtual time. */
  readonly now: () => number;
  readonly onFrame: (frame: Uint8Array) => void;
  /** A message left, or was stopped before it could. */
  readonly onFlight: (flight: Flight) => void;
  /** A message in the air did not land after all. */
  readonly onLost: (messageId: string) => void;
  /** The first message lost on the way to a peer since one went through. */
  readonly onUnreachable: (peer: MemberId) => void;
  /** How a snapshot fared, told when it lands or is known lost. */
  readonly onSnapshotSent: (peer: MemberId, ok: boolean) => void;
}

interface OutboundLink {
  readonly channel: BroadcastChannel;
  readonly prng: Prng;
  /** When the frame before this one lands: none overtakes it. */
  lastLandingMs: number;
  isBroken: boolean;
}

export class BroadcastNetwork implements Network {
  readonly #options: BroadcastNetworkOptions;
  readonly #inbox: BroadcastChannel;
  readonly #outbound = new Map<MemberId, OutboundLink>();
  #links: LinkState;
  #nextMessageNumber = 1;
  #held = { count: 0, bytes: 0 };
  #closed = false;
  #strangerCount = 0;
  #overflowCount = 0;

  constructor(options: BroadcastNetworkOptions) {
    this.#options = options;
    this.#links = options.links;
    this.#inbox = new BroadcastChannel(inboxName(options.incarnation, options.self));
    this.#inbox.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    // A message that could not even be copied here: nobody of this cluster sent it.
    this.#inbox.onmessageerror = () => this.#strangerCount++;
  }

  /** Messages from strangers, dropped. */
  get strangerCount(): number {
    return this.#strangerCount;
  }

  /** Frames dropped because too many were held already. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  setLinks(links: LinkState): void {
    this.#links = links;
  }

  setRoster(members: readonly MemberAddress[]): void {
    const wanted = new Set(members.map(({ id }) => id));
    for (const [peer, link] of this.#outbound) {
      if (wanted.has(peer)) continue;
      link.channel.close();
      this.#outbound.delete(peer);
    }
  }

  send(to: MemberId, frame: Uint8Array): void {
    if (this.#closed) return;
    const { self, cluster, incarnation, startId, plan, now } = this.#options;
    const link = this.#linkTo(to);
    const sentAtMs = now();
    const { min, max } = FLIGHT_MS[plan.profile];
    const deliverAtMs = Math.max(sentAtMs + link.prng.between(min, max), link.lastLandingMs);
    const dropped = isCut(this.#links, self, to) || this.#links.down.includes(to);
    if (isTalkFrame(frame)) {
      // What members ask each other beside Raft is no message of Raft's, and not drawn.
      if (dropped) return;
      link.lastLandingMs = deliverAtMs;
      const messageId = `${self}/${startId}/talk`;
      link.channel.postMessage(
        { cluster, incarnation, from: self, to, messageId, sentAtMs, deliverAtMs, frame } satisfies Envelope,
      );
      return;
    }
    const message = decodeMessage(frame);
    if (message.kind === "malformed") return;
    const messageId = `${self}/${startId}/${this.#nextMessageNumber++}`;
    const { kind, reject } = message;
    const summary = summarize(message);
    this.#options.onFlight({
      messageId,
      kind,
      from: self,
      to,
      sentAtMs,
      deliverAtMs,
      dropped,
      reject,
      summary,
      sizeBytes: frame.length,
    });
    if (dropped) return this.#lose(to, link, kind === "snapshot");
    link.isBroken = false;
    link.lastLandingMs = deliverAtMs;
    const envelope: Envelope = {
      cluster,
      incarnation,
      from: self,
      to,
      messageId,
      sentAtMs,
      deliverAtMs,
      frame,
    };
    link.channel.postMessage(envelope);
    if (kind !== "snapshot") return;
    this.#options.agenda.at(deliverAtMs, () => {
      if (!this.#closed) this.#options.onSnapshotSent(to, true);
    });
  }

  close(): void {
    this.#closed = true;
    this.#inbox.close();
    for (const { channel } of this.#outbound.values()) channel.close();
    this.#outbound.clear();
  }

  #linkTo(to: MemberId): OutboundLink {
    let link = this.#outbound.get(to);
    if (link === undefined) {
      const { incarnation, plan, self } = this.#options;
      const channel = new BroadcastChannel(inboxName(incarnation, to));
      link = { channel, prng: linkPrng(plan.seed, self, to), lastLandingMs: 0, isBroken: false };
      this.#outbound.set(to, link);
    }
    return link;
  }

  /** Tells Raft what a broken connection would tell it, in a later step: it is in the middle of one now. */
  #lose(to: MemberId, link: OutboundLink, isSnapshot: boolean): void {
    const isNews = !link.isBroken;
    link.isBroken = true;
    if (!isNews && !isSnapshot) return;
    this.#options.agenda.at(this.#options.now(), () => {
      if (this.#closed) return;
      if (isNews) this.#options.onUnreachable(to);
      if (isSnapshot) this.#options.onSnapshotSent(to, false);
    });
  }

  #receive(data: unknown): void {
    if (this.#closed) return;
    const envelope = this.#asEnvelope(data);
    if (envelope === null) {
      this.#strangerCount += 1;
      return;
    }
    const { messageId, from, frame, deliverAtMs } = envelope;
    if (this.#held.count >= HELD_FRAME_COUNT_MAX || this.#held.bytes + frame.length > HELD_BYTES_MAX) {
      this.#overflowCount += 1;
      this.#options.onLost(messageId);
      return;
    }
    this.#held.count += 1;
    this.#held.bytes += frame.length;
    this.#options.agenda.at(deliverAtMs, () => {
      this.#held.count -= 1;
      this.#held.bytes -= frame.length;
      if (this.#closed) return;
      if (isCut(this.#links, from, this.#options.self)) this.#options.onLost(messageId);
      else this.#options.onFrame(frame);
    });
  }

  /** Null for whatever no member of this cluster would send to this one. */
  #asEnvelope(data: unknown): Envelope | null {
    if (typeof data !== "object" || data === null) return null;
    const { cluster, incarnation, from, to, messageId, sentAtMs, deliverAtMs, frame } = data as Partial<
      Envelope
    >;
    const { self, now } = this.#options;
    const isOurs = cluster === this.#options.cluster && incarnation === this.#options.incarnation &&
      to === self && typeof from === "string" && /^[0-9a-f]{16}$/.test(from) && from !== self;
    const isWhole = typeof messageId === "string" && frame instanceof Uint8Array &&
      Number.isFinite(sentAtMs) && Number.isFinite(deliverAtMs) && deliverAtMs! <= now() + FLIGHT_MS_MAX;
    return isOurs && isWhole ? data as Envelope : null;
  }
}
