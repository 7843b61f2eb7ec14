// The calls that last, as a gateway makes them: JSON in, JSON out, in front of one member. The expected texts are what
// etcd 3.4.23 answered to the same requests.

import type { JsonValue } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../../../core/base/etcd_error.ts";
import { ETCD_CALLS, type MemberPort } from "../../../core/etcd/calls.ts";
import { deleteRangeRequest, putRequest, rangeRequest } from "../../../core/kv/requests.ts";
import { MemberDriver, type OnResponse } from "../../../core/member/driver.ts";
import type { ClientRequest, ClientResponse } from "../../../core/member/io.ts";
import { Member } from "../../../core/member/member.ts";
import { SimDisk } from "../../../core/sim/sim_disk.ts";
import { parseJsonExactly } from "../../../core/wire/json_numbers.ts";
import type { OpenCall } from "../../../core/wire/rpc.ts";
import { A, CLUSTER, optionsOf } from "../member/hands_on_member.ts";

type Json = { [key: string]: JsonValue };

/** A member that leads alone, behind the driver that every home has. */
class Home {
  readonly driver: MemberDriver;
  readonly member: Member;
  readonly #later: (() => void)[] = [];

  constructor() {
    const disk = new SimDisk();
    const recovery = Member.recover(optionsOf(1), disk.image());
    assert(recovery.kind === "running");
    this.member = recovery.member;
    this.driver = new MemberDriver({
      member: recovery.member,
      disk: {
        write: (write, onWritten) => {
          disk.begin(write);
          this.#later.push(() => {
            disk.complete(write.writeId);
            onWritten();
          });
        },
        close: () => {},
      },
      network: { send: () => {}, setRoster: () => {}, close: () => {} },
      schedule: (flush) => this.#later.push(flush),
      onTrace: () => {},
      onStopped: ({ kind }) => assert.fail(kind),
    }, recovery.outputs);
    this.settle();
    this.driver.request({ kind: "campaign" }, () => {});
    this.tick();
    this.tick();
  }

  /** Carries out everything that waits to be. */
  settle(): void {
    for (let work = this.#later.shift(); work; work = this.#later.shift()) work();
  }

  tick(): void {
    this.driver.tick();
    this.settle();
  }

  ask(request: ClientRequest): ClientResponse {
    let answer: ClientResponse | null = null;
    this.driver.request(request, (response) => answer = response);
    this.settle();
    return answer!;
  }

  keys(): string[] {
    const answer = this.ask(rangeRequest({ key: utf8(" "), rangeEnd: utf8("~") }));
    assert(answer.kind === "ok" && answer.result.kind === "range");
    return answer.result.kvs.map(({ key }) => fromUtf8(key));
  }

  call(path: string, body?: Json): Caller {
    const caller = new Caller(this, path);
    if (body) caller.say(body);
    return caller;
  }
}

class Caller {
  readonly #home: Home;
  readonly #call: OpenCall;
  readonly #heard: Json[] = [];
  /** How it ended; undefined while it goes on. */
  end: EtcdError | null | undefined = undefined;
  reads = true;

  constructor(home: Home, path: string) {
    const method = ETCD_CALLS.get(path);
    assert(method, path);
    this.#home = home;
    this.#call = method.open({ member: home.driver, requireLeader: false }, {
      send: (response) => {
        // Either form says the same.
        assert(response.toBytes().length > 0);
        this.#heard.push(response.toJson() as Json);
        if (this.reads) this.#call.taken(1);
      },
      end: (error) => {
        assert.equal(this.end, undefined, "ended twice");
        this.end = error;
      },
    });
  }

  say(body: Json): void {
    assert.equal(this.#call.takeJson(body), null);
    this.#home.settle();
  }

  halfClose(): void {
    this.#call.halfClose();
    this.#home.settle();
  }

  cancel(): void {
    this.#call.cancel();
    this.#home.settle();
  }

  taken(count: number): void {
    this.#call.taken(count);
    this.#home.settle();
  }

  /** What it was told since the last call, without headers but for their revision. */
  heard(): Json[] {
    return this.#heard.splice(0).map(({ header, ...rest }) => ({
      at: (header as Json).revision ?? "0",
      ...rest,
    }));
  }
}

const base64 = (text: string) => btoa(text);
const leaseOf = (home: Home, id: string) => home.ask({ kind: "leaseGrant", id, ttl: 60 });

Deno.test("a watch stream speaks etcd's JSON", () => {
  const home = new Home();
  const watch = home.call("/etcdserverpb.Watch/Watch", {
    create_request: { key: base64("foo"), prev_kv: true, filters: ["NODELETE"] },
  });
  home.ask(putRequest({ key: utf8("foo"), value: utf8("bar") }));
  home.ask(putRequest({ key: utf8("foo"), value: utf8("new") }));
  home.ask(deleteRangeRequest({ key: utf8("foo") }));
  watch.say({ create_request: { key: base64("foo"), range_end: base64("a") } });
  watch.say({ progress_request: {} });
  watch.say({ cancel_request: { watch_id: 0 } });

  const kv = { key: "Zm9v", create_revision: "2" };
  const [created, put, second, ...others] = watch.heard();
  assert.deepEqual(created, { at: "1", created: true });
  assert.deepEqual(put, {
    at: "2",
    events: [{ kv: { ...kv, mod_revision: "2", version: "1", value: "YmFy" } }],
  });
  assert.deepEqual(second!.events, [{
    kv: { ...kv, mod_revision: "3", version: "2", value: "bmV3" },
    prev_kv: { ...kv, mod_revision: "2", version: "1", value: "YmFy" },
  }]);
  assert.deepEqual(others, [
    { at: "4", watch_id: "-1", created: true, canceled: true, cancel_reason: "mvcc: watcher range is empty" },
    { at: "4", watch_id: "-1" },
    { at: "4", canceled: true },
  ]);
  watch.halfClose();
  assert.equal(watch.end, undefined, "whoever has said everything still listens");
});

Deno.test("leases are kept in the order asked, unknown ones without a TTL, until the client has no more", () => {
  const home = new Home();
  leaseOf(home, "0000000000003039");
  const stream = home.call("/etcdserverpb.Lease/LeaseKeepAlive");
  stream.say(parseJsonExactly('{"ID":12345}') as Json);
  stream.say(parseJsonExactly('{"ID":9223372036854775807}') as Json);
  stream.say({ ID: "12345" });
  stream.halfClose();

  assert.deepEqual(stream.heard(), [
    { at: "1", ID: "12345", TTL: "60" },
    { at: "1", ID: "9223372036854775807" },
    { at: "1", ID: "12345", TTL: "60" },
  ]);
  assert.equal(stream.end, null);
});

Deno.test("an answer that comes early waits for those before it, and one error ends the stream", () => {
  const answers: OnResponse[] = [];
  const cancelled: number[] = [];
  const member: MemberPort = {
    request: (_, onResponse) => answers.push(onResponse),
    say: () => {},
    taken: () => {},
    cancel: (requestId) => cancelled.push(requestId),
  };
  const ids: unknown[] = [];
  const call = ETCD_CALLS.get("/etcdserverpb.Lease/LeaseKeepAlive")!.open({ member, requireLeader: false }, {
    send: (response) => ids.push((response.toJson() as Json).ID),
    end: (error) => ids.push(error?.message),
  });
  const header = { clusterId: CLUSTER, memberId: A, revision: 1, raftTerm: 1 };
  const answer = (place: number) => {
    const id = `${place}`.padStart(16, "0");
    answers[place - 1]!(
      { kind: "ok", header, result: { kind: "leaseKeepAlive", revision: 1, id, ttl: 5 } },
      true,
    );
  };
  for (const ID of [1, 2, 3, 4]) call.takeJson({ ID });

  answer(2);
  assert.deepEqual(ids, []);
  answer(1);
  assert.deepEqual(ids, ["1", "2"]);
  answers[2]!(ETCD_ERRORS.timeout, true);

  assert.deepEqual(ids, ["1", "2", "etcdserver: request timed out"]);
  assert.deepEqual(cancelled, [4]);
});

Deno.test("a lock goes from owner to owner in the order in which they came", () => {
  const home = new Home();
  for (const id of ["a", "b", "c"]) leaseOf(home, id.padStart(16, "0"));
  const lock = (lease: string) =>
    home.call("/v3lockpb.Lock/Lock", { name: base64("m"), lease: `${parseInt(lease, 16)}` });
  const first = lock("a");
  assert.deepEqual(first.heard(), [{ at: "2", key: base64("m/a") }]);
  const [second, third] = [lock("b"), lock("c")];
  assert.deepEqual([second.heard(), third.heard()], [[], []]);
  // Who holds the lock may ask again.
  assert.deepEqual(lock("a").heard(), [{ at: "4", key: base64("m/a") }]);

  const unlock = home.call("/v3lockpb.Lock/Unlock", { key: base64("m/a") });
  assert.equal(unlock.end, null);
  assert.deepEqual(second.heard(), [{ at: "5", key: base64("m/b") }]);
  assert.deepEqual([second.end, third.heard(), third.end], [null, [], undefined]);
  home.ask({ kind: "leaseRevoke", id: "b".padStart(16, "0") });

  assert.deepEqual(third.heard(), [{ at: "6", key: base64("m/c") }]);
});

Deno.test("who gives up waiting for a lock leaves the line, and lets those behind pass", () => {
  const home = new Home();
  for (const id of ["a", "b", "c"]) leaseOf(home, id.padStart(16, "0"));
  const lock = (lease: number) => home.call("/v3lockpb.Lock/Lock", { name: base64("m"), lease: `${lease}` });
  lock(10);
  const [second, third] = [lock(11), lock(12)];

  second.cancel();
  assert.deepEqual(home.keys(), ["m/a", "m/c"]);
  home.call("/v3lockpb.Lock/Unlock", { key: base64("m/a") });

  assert.equal(third.end, null);
  assert.equal(second.end, undefined, "nothing is said to who went away");
});

Deno.test("a lock without a lease gets one of a minute, and one with an unknown lease etcd's error", () => {
  const home = new Home();
  const locked = home.call("/v3lockpb.Lock/Lock", { name: base64("m") });
  const [lease] = home.member.machine.kv.leases();
  assert.equal(lease!.grantedTtl, 60);
  assert.deepEqual(locked.heard()[0]!.key, base64(`m/${lease!.id.replace(/^0+/, "")}`));

  const { end } = home.call("/v3lockpb.Lock/Lock", { name: base64("x"), lease: "77777" });

  assert.deepEqual(end, { kind: "error", code: "unknown", message: "etcdserver: requested lease not found" });
});

Deno.test("an election: campaign, proclaim, observe, resign, and the next one leads", () => {
  const home = new Home();
  for (const id of ["a", "b"]) leaseOf(home, id.padStart(16, "0"));
  const election = (method: string, body: Json) => home.call(`/v3electionpb.Election/${method}`, body);
  const name = base64("e");
  assert.equal(election("Leader", { name }).end?.message, "election: no leader");
  const observer = election("Observe", { name });

  const [won] = election("Campaign", { name, lease: "10", value: base64("one") }).heard();
  const leader = { name, key: base64("e/a"), rev: "2", lease: "10" };
  assert.deepEqual(won, { at: "2", leader });
  const waiting = election("Campaign", { name, lease: "11", value: base64("two") });
  assert.equal(election("Proclaim", { leader, value: base64("uno") }).end, null);
  assert.equal((election("Leader", { name }).heard()[0]!.kv as Json).value, base64("uno"));
  assert.deepEqual(waiting.heard(), []);
  assert.equal(election("Resign", { leader }).end, null);

  assert.deepEqual(waiting.heard(), [{
    at: "3",
    leader: { name, key: base64("e/b"), rev: "3", lease: "11" },
  }]);
  const seen = observer.heard().map(({ at, kv }) => [at, atob((kv as Json).value as string)]);
  assert.deepEqual(seen, [["2", "one"], ["4", "uno"], ["5", "two"]]);
  assert.deepEqual(election("Proclaim", { leader, value: "" }).end?.message, "election: not leader");
  assert.equal(election("Resign", { leader }).end, null, "resigning twice is no error");
  for (const method of ["Proclaim", "Resign"]) {
    assert.deepEqual(election(method, {}).end, {
      kind: "error",
      code: "unknown",
      message: '"leader" field must be provided',
    });
  }
});

Deno.test("who campaigns again with another value proclaims it, and who gives up resigns", () => {
  const home = new Home();
  for (const id of ["a", "b"]) leaseOf(home, id.padStart(16, "0"));
  const campaign = (lease: number, value: string) =>
    home.call("/v3electionpb.Election/Campaign", {
      name: base64("e"),
      lease: `${lease}`,
      value: base64(value),
    });
  campaign(10, "one");
  const [again] = campaign(10, "uno").heard();
  assert.deepEqual(again, {
    at: "3",
    leader: { name: base64("e"), key: base64("e/a"), rev: "2", lease: "10" },
  });

  const waiting = campaign(11, "two");
  assert.deepEqual(home.keys(), ["e/a", "e/b"]);
  waiting.cancel();

  assert.deepEqual(home.keys(), ["e/a"]);
});

Deno.test("an observer that does not read is waited for, and misses no proclamation of a leader", () => {
  const home = new Home();
  leaseOf(home, "a".padStart(16, "0"));
  home.call("/v3electionpb.Election/Campaign", { name: base64("e"), lease: "10", value: base64("0") });
  const observer = home.call("/v3electionpb.Election/Observe", { name: base64("e") });
  observer.reads = false;
  observer.taken(1);
  const leader = { name: base64("e"), key: base64("e/a"), rev: "2", lease: "10" };
  for (let i = 1; i < 100; i++) {
    home.call("/v3electionpb.Election/Proclaim", { leader, value: base64(`${i}`) });
  }
  const first = observer.heard();
  assert(first.length <= 17, `${first.length} responses nobody has taken`);

  observer.reads = true;
  observer.taken(first.length);

  const values = [...first, ...observer.heard()].map(({ kv }) => atob((kv as Json).value as string));
  assert.deepEqual(values, Array.from({ length: 100 }, (_, i) => `${i}`));
});

Deno.test("nonsense is malformed, and a call that has ended hears nothing", () => {
  for (const [path, method] of ETCD_CALLS) {
    const call = method.open({ member: new Home().driver, requireLeader: false }, {
      send: () => {},
      end: () => {},
    });
    assert.equal(call.take(Uint8Array.of(0xff))?.kind, "malformed", path);
    assert.equal(call.takeJson("text")?.kind, "malformed", path);
    call.cancel();
    assert.equal(call.take(Uint8Array.of(0xff)), null);
  }
});
