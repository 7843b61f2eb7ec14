// The shapes of messages and badges as SVG paths around the origin. A shape says what kind of message it is; a reply
// keeps the shape of its request, hollow, with a sign in it.

import type { MessageKind } from "../../core/raft/message.ts";

export type MessageShape =
  | "vote"
  | "preVote"
  | "append"
  | "heartbeat"
  | "snapshot"
  | "read"
  | "client"
  | "lead";

export interface MessageMark {
  readonly shape: MessageShape;
  readonly reply: boolean;
}

const MARKS: Readonly<Record<MessageKind, MessageMark>> = {
  propose: { shape: "client", reply: false },
  append: { shape: "append", reply: false },
  appendReply: { shape: "append", reply: true },
  vote: { shape: "vote", reply: false },
  voteReply: { shape: "vote", reply: true },
  preVote: { shape: "preVote", reply: false },
  preVoteReply: { shape: "preVote", reply: true },
  snapshot: { shape: "snapshot", reply: false },
  heartbeat: { shape: "heartbeat", reply: false },
  heartbeatReply: { shape: "heartbeat", reply: true },
  transferLeader: { shape: "lead", reply: false },
  timeoutNow: { shape: "lead", reply: false },
  readIndex: { shape: "read", reply: false },
  readIndexReply: { shape: "read", reply: true },
};

export function markOf(kind: MessageKind): MessageMark {
  return MARKS[kind];
}

/** A crown, 13 px wide: the badge of a leader, and the mark of a message that hands over the lead. */
export const CROWN = "M-5.6 4.2L-6.6-3.4L-2.7-.4L0-4.8L2.7-.4L6.6-3.4L5.6 4.2Z";

/** Outline of a shape. @param scale 1 on the stage, less in lists and on the time bar. */
export function shapePath(shape: MessageShape, reply: boolean, scale: number): string {
  const grown = (size: number) => (reply ? size + 1.6 : size) * scale;
  switch (shape) {
    case "vote":
    case "preVote": {
      const s = grown(7.5);
      return `M0 ${-s}L${s} 0L0 ${s}L${-s} 0Z`;
    }
    case "client": {
      const s = grown(5.4);
      return `M${-s} ${-s}H${s}V${s}H${-s}Z`;
    }
    case "read": {
      const s = grown(7);
      return `M0 ${-s}L${s * 0.95} ${s * 0.72}H${-s * 0.95}Z`;
    }
    case "snapshot": {
      const s = grown(8);
      return `M${-s * 0.85} ${-s * 0.62}H${s * 1.35}L${s * 0.85} ${s * 0.62}H${-s * 1.35}Z`;
    }
    case "append":
      return circlePath((reply ? 7.4 : 6) * scale);
    case "heartbeat":
      return circlePath((reply ? 6 : 5) * scale);
    case "lead":
      return CROWN;
  }
}

/** The sign inside a reply: plus is yes, minus is no. */
export function signPath(shape: MessageShape, no: boolean, scale: number): string {
  const s = (shape === "heartbeat" ? 2.4 : 3.1) * scale;
  return no ? `M${-s} 0H${s}` : `M${-s} 0H${s}M0 ${-s}V${s}`;
}

/** Requests that are drawn hollow by themselves: they change nothing at their receiver. */
export function isHollow(shape: MessageShape): boolean {
  return shape === "heartbeat" || shape === "preVote";
}

function circlePath(radius: number): string {
  return `M${-radius} 0A${radius} ${radius} 0 1 1 ${radius} 0A${radius} ${radius} 0 1 1 ${-radius} 0Z`;
}
