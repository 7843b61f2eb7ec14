// A member worked by hand: its disk, its peers and its clients are the test. Raft's messages go nowhere unless the
// test carries them.

import assert from "node:assert/strict";
import type { DiskWrite } from "../../../core/base/disk.ts";
import { type ClusterId, clusterId, type MemberId, memberIdOf } from "../../../core/base/ids.ts";
import type { ClientRequest, ClientResponse, ClientResult, Input, Output } from "../../../core/member/io.ts";
import { Member, type Recovery } from "../../../core/member/member.ts";
import { ETCD_RULES, MEMBER_DEFAULTS, type MemberOptions } from "../../../core/member/options.ts";
import type { Message } from "../../../core/raft/message.ts";
import { SimDisk } from "../../../core/sim/sim_disk.ts";

export const CLUSTER: ClusterId = clusterId("00000000000000c1");
export const [A, B, C] = [memberIdOf(1), memberIdOf(2), memberIdOf(3)] as [MemberId, MemberId, MemberId];

/** Members 1, 2, … of one new cluster; ticks of 100 ms. */
export function optionsOf(size: number, fields: Partial<MemberOptions> = {}): MemberOptions {
  const members = Array.from({ length: size }, (_, i) => ({
    id: memberIdOf(i + 1),
    name: `n${i + 1}`,
    peerUrls: [`http://n${i + 1}:2380`],
    clientUrls: [],
    isLearner: false,
  }));
  return {
    ...MEMBER_DEFAULTS,
    id: A,
    clusterId: CLUSTER,
    name: "n1",
    clientUrls: ["http://n1:2379"],
    bootstrap: { kind: "new", members },
    timing: { tickMs: 100, heartbeatTicks: 1, electionTicks: 10, requestTimeoutTicks: 70 },
    rules: ETCD_RULES,
    seed: 7,
    startId: 1,
    trace: false,
    ...fields,
  };
}

export interface Said {
  readonly response: ClientResponse;
  readonly last: boolean;
}

export class HandsOnMember {
  readonly options: MemberOptions;
  readonly disk: SimDisk;
  member: Member;
  /** Everything it ever put out, oldest first. */
  readonly outputs: Output[] = [];
  /** While true, writes stay in flight until `finishWrite`. */
  holdsWrites = false;
  #write: DiskWrite | null = null;
  #nextRequestId = 1;
  readonly #said = new Map<number, Said[]>();

  constructor(options: MemberOptions, disk = new SimDisk()) {
    this.options = options;
    this.disk = disk;
    const recovery = Member.recover(options, disk.image());
    assert(recovery.kind === "running", JSON.stringify(recovery));
    this.member = recovery.member;
    this.#takeOut(recovery.outputs);
  }

  /** The only member of its cluster, leading, with everything of its own applied. */
  static alone(fields: Partial<MemberOptions> = {}, disk = new SimDisk()): HandsOnMember {
    const hands = new HandsOnMember(optionsOf(1, fields), disk);
    hands.ask({ kind: "campaign" });
    hands.tick(2);
    assert(hands.member.leads);
    return hands;
  }

  /** Starts anew from its disk, as after a crash. */
  restarted(fields: Partial<MemberOptions> = {}): HandsOnMember {
    return HandsOnMember.alone({ ...this.options, startId: this.options.startId + 1, ...fields }, this.disk);
  }

  /** Goes on from a keyframe of itself. */
  swapForCopy(): void {
    this.member = Member.restore(this.options, this.member.capture());
  }

  handle(...inputs: Input[]): readonly Output[] {
    const from = this.outputs.length;
    this.#takeOut(this.member.handle(inputs));
    return this.outputs.slice(from);
  }

  tick(count = 1): void {
    for (let i = 0; i < count; i++) this.handle({ kind: "tick" });
  }

  receive(message: Message): void {
    this.handle({ kind: "receive", message });
  }

  /** Sends a request; its number. */
  send(request: ClientRequest): number {
    const requestId = this.#nextRequestId++;
    this.handle({ kind: "request", requestId, request });
    return requestId;
  }

  /** Sends several requests in one step. */
  sendTogether(requests: readonly ClientRequest[]): number[] {
    const inputs = requests.map((request): Input => ({
      kind: "request",
      requestId: this.#nextRequestId++,
      request,
    }));
    this.handle(...inputs);
    return inputs.map((input) => (input.kind === "request" ? input.requestId : 0));
  }

  /** Asks, and expects the answer at once. */
  ask(request: ClientRequest): ClientResponse {
    const said = this.saidTo(this.send(request));
    assert.equal(said.length, 1, `${request.kind} was answered ${said.length} times`);
    return said[0]!.response;
  }

  /** As `ask`, where all must go well. */
  result<Kind extends ClientResult["kind"]>(
    request: ClientRequest,
    kind: Kind,
  ): Extract<ClientResult, { kind: Kind }> {
    const response = this.ask(request);
    assert(response.kind === "ok" && response.result.kind === kind, JSON.stringify(response));
    return response.result as Extract<ClientResult, { kind: Kind }>;
  }

  /** What a request was told so far. */
  saidTo(requestId: number): readonly Said[] {
    return this.#said.get(requestId) ?? [];
  }

  /** As `saidTo`, each only once. */
  takeSaidTo(requestId: number): readonly Said[] {
    const said = this.saidTo(requestId);
    this.#said.delete(requestId);
    return said;
  }

  finishWrite(): void {
    const write = this.#write;
    assert(write, "no write is in flight");
    this.#write = null;
    this.disk.complete(write.writeId);
    this.handle({ kind: "written", writeId: write.writeId });
  }

  /** Messages sent to one peer since the last call. */
  sentTo(peer: MemberId): Message[] {
    const messages: Message[] = [];
    for (const output of this.outputs.splice(0)) {
      if (output.kind === "send" && output.message.to === peer) messages.push(output.message);
    }
    return messages;
  }

  #takeOut(outputs: readonly Output[]): void {
    this.outputs.push(...outputs);
    for (const output of outputs) {
      if (output.kind === "respond") {
        const { requestId, response, last } = output;
        this.#said.set(requestId, [...this.saidTo(requestId), { response, last }]);
      }
      if (output.kind !== "write") continue;
      this.disk.begin(output.write);
      this.#write = output.write;
    }
    if (this.#write && !this.holdsWrites) this.finishWrite();
  }
}

export function recoveryOf(options: MemberOptions, disk: SimDisk): Recovery {
  return Member.recover(options, disk.image());
}
