/// <reference lib="dom" />
// The room that attaches to a running cluster: what it reads, without a page; then the page in a real Chromium beside
// real members, ours and etcd's.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  hostOf,
  isMixedContent,
  isNamedHost,
  readEndpoint,
  readEndpoints,
} from "../../web/attach/endpoints.ts";
import { base64Of, prefixEnd, prefixStart, shownBytes } from "../../web/attach/key_bytes.ts";
import { leadershipOf, quorumOf, type Seat, seatsOf } from "../../web/attach/seats.ts";
import { mergedRates, ratesOn } from "../../web/attach/link_rates.ts";
import { toldColumns, type ToldRow } from "../../web/attach/told_log.ts";
import type { Glance } from "../../core/member/trace_beat.ts";
import { type Happening, Story } from "../../web/attach/story.ts";
import { decimalOf, type ListedMember, readMembers, readStatus, type Status } from "../../web/attach/told.ts";
import { attachEn } from "../../web/text/attach_en.ts";
import { attachZh } from "../../web/text/attach_zh.ts";
import { freePorts, type MemberProcess, TestCluster } from "../tcp/member_process.ts";
import { aloneFlags, has, withBench } from "../tcp/tools.ts";
import { browserTest } from "./browser.ts";
import { violationsOf } from "./drawer_steps.ts";

// --- Without a page ---------------------------------------------------------------------------------------------

Deno.test("endpoints are client URLs, and nothing else is taken for one", () => {
  assert.deepEqual(readEndpoints(" 127.0.0.1:2379,http://10.0.1.10:2379/ \n[::1]:2379 127.0.0.1:2379"), [
    "http://127.0.0.1:2379",
    "http://10.0.1.10:2379",
    "http://[::1]:2379",
  ]);
  assert.equal(readEndpoint("https://etcd.example:2379"), "https://etcd.example:2379");
  const refused: [string, string][] = [
    ["", "none"],
    [" , ", "none"],
    ["javascript://alert(1)", "scheme"],
    ["file:///etc/passwd", "scheme"],
    ["ftp://10.0.1.10", "scheme"],
    ["http://root:secret@10.0.1.10:2379", "secret"],
    ["10.0.1.10:2379/v3/kv/put", "path"],
    ["10.0.1.10:2379?x=1", "path"],
    ["10.0.1.10:99999", "notUrl"],
    ["http://", "notUrl"],
    [Array.from({ length: 10 }, (_, i) => `10.0.0.${i}:2379`).join(), "tooMany"],
  ];
  for (const [text, kind] of refused) {
    const read = readEndpoints(text);
    assert.ok("kind" in read && read.kind === kind, `${text}: ${JSON.stringify(read)}`);
  }
  const secret = readEndpoints("http://root:secret@10.0.1.10:2379");
  assert.doesNotMatch(JSON.stringify(secret), /secret@|root/, "what is secret is not shown again");
});

Deno.test("a cluster's own word leads to named machines only, and https does not ask http", () => {
  const named = ["http://127.0.0.1:2379", "http://10.0.1.10:2379"];
  assert.equal(isNamedHost("http://localhost:22379", named), true, "one machine has many names");
  assert.equal(isNamedHost("http://10.0.1.10:22379", named), true);
  assert.equal(isNamedHost("http://10.0.1.11:2379", named), false);
  assert.equal(isNamedHost("http://127.evil.example:2379", named), false);
  assert.equal(isMixedContent("http://10.0.1.10:2379", "https:"), true);
  assert.equal(isMixedContent("http://127.0.0.1:2379", "https:"), false);
  assert.equal(isMixedContent("https://10.0.1.10:2379", "https:"), false);
  assert.equal(isMixedContent("http://10.0.1.10:2379", "http:"), false);
  assert.equal(hostOf("https://10.0.1.10:2379"), "10.0.1.10:2379");
});

Deno.test("keys are bytes: prefixes end where etcd's do, and what is no text is shown in hex", () => {
  assert.equal(atob(prefixEnd("foo")), "fop");
  assert.equal(atob(prefixEnd("")), "\0");
  assert.equal(atob(prefixStart("")), "\0");
  assert.equal(prefixEnd("é"), btoa("\xc3\xaa"));
  assert.equal(shownBytes(base64Of("钥匙")), "钥匙");
  assert.equal(shownBytes(btoa("a\xff\0")), "a\\xff\\x00");
  assert.equal(shownBytes(base64Of("line\nbreak")), "line\\x0abreak");
  assert.equal(shownBytes(base64Of("x".repeat(300)), 10), "xxxxxxxxxx…");
  assert.equal(shownBytes("no base64!"), "");
});

Deno.test("answers of etcd are read without losing a bit, and strange ones are no answers", () => {
  const status = readStatus(
    JSON.parse(
      `{"header":{"cluster_id":"7067230988953201095","member_id":"18446744073709551615","revision":"6","raft_term":"2"},
        "version":"3.4.23","dbSize":"20480","leader":"1721338593898443827","raftIndex":"13","raftTerm":"2"}`,
    ),
  );
  assert.equal(status?.header.memberId, "ffffffffffffffff");
  assert.equal(status?.leader, "17e36c54c37cb433");
  assert.equal(status?.applied, null, "an older release does not say");
  assert.equal(readStatus({}), null);
  assert.equal(readStatus({ header: [], version: 3 }), null);
  assert.equal(
    readMembers({ header: {}, members: [{ ID: "x", name: 7, peerURLs: "a" }, null, 3] })?.length,
    1,
  );
  assert.equal(decimalOf("ffffffffffffffff"), "18446744073709551615");
  assert.equal(decimalOf("ffffffffffffffff", true), "-1");
});

const listed = (id: string, name: string, port: number): ListedMember => ({
  id,
  name,
  peerUrls: [`http://127.0.0.1:${port + 1}`],
  clientUrls: name === "" ? [] : [`http://127.0.0.1:${port}`],
  isLearner: false,
});

function statusOf(memberId: string, at: Partial<Status> = {}): Status {
  return {
    header: { clusterId: "c", memberId, revision: 1, term: at.term ?? 2 },
    version: "3.4.23",
    dbBytes: 0,
    dbBytesInUse: null,
    leader: "a",
    term: 2,
    index: 5,
    applied: 5,
    isLearner: false,
    errors: [],
    ...at,
  };
}

const reading = (endpoint: string, status: Status | null, silent = false) => ({
  endpoint,
  status,
  trouble: silent ? { kind: "silent", why: "unreachable" } as const : null,
  answers: !silent && status !== null,
});

Deno.test("a seat is found by who answers there, not by what the list says of addresses", () => {
  const members = [listed("b", "infra10", 3), listed("a", "infra2", 1), listed("d", "", 7)];
  const seats = seatsOf(members, [
    // Behind another port than it advertises, twice.
    reading("http://proxy:1", statusOf("a"), true),
    reading("http://proxy:2", statusOf("a")),
    reading("http://127.0.0.1:9", null, true),
  ]);

  const drawn = seats.map(({ name, state, endpoint }) => `${name} ${state} ${endpoint}`);

  assert.deepEqual(drawn, [
    "infra2 answers http://proxy:2",
    "infra10 notAsked null",
    "d unstarted null",
    "127.0.0.1:9 silent http://127.0.0.1:9",
  ]);
  assert.deepEqual(quorumOf(seats), { voters: 3, needed: 2, answering: 1 });
});

Deno.test("the newest term says who leads; one who has moved on without a leader is believed", () => {
  assert.deepEqual(
    leadershipOf([statusOf("a", { term: 3, leader: "a" }), statusOf("b", { term: 4, leader: "b" })]),
    {
      id: "b",
      term: 4,
    },
  );
  assert.equal(leadershipOf([statusOf("a", { term: 3 }), statusOf("b", { term: 4, leader: null })]), null);
  assert.deepEqual(
    leadershipOf([statusOf("a", { term: 3 }), statusOf("b", { term: 3, leader: null })])?.id,
    "a",
  );
  assert.equal(leadershipOf([]), null);
});

Deno.test("the story tells each change once, and of nobody who was there from the start", () => {
  const story = new Story();
  const a: Seat = {
    key: "a",
    id: "a",
    name: "infra1",
    isLearner: false,
    peerUrls: [],
    endpoint: "http://1",
    offered: null,
    state: "answers",
  };
  const b: Seat = { ...a, key: "b", id: "b", name: "infra2", endpoint: "http://2", state: "asking" };
  const leader = { id: "a", term: 2 };
  story.take({ seats: [{ ...a, state: "silent" }], leader: null }, 0);
  assert.equal(story.told.length, 0, "nobody has answered yet");

  story.take({ seats: [a, b], leader }, 1);
  story.take({ seats: [a, { ...b, state: "answers" }], leader }, 2);
  story.take({ seats: [a, { ...b, state: "answers" }], leader }, 3);
  story.take({ seats: [{ ...a, state: "silent" }, { ...b, state: "answers" }], leader: null }, 4);
  story.take(
    { seats: [{ ...a, state: "silent" }, { ...b, state: "answers" }], leader: { id: "b", term: 3 } },
    5,
  );
  story.take({ seats: [a, { ...b, state: "answers" }], leader: { id: "b", term: 3 } }, 6);
  const c: Seat = { ...a, key: "c", id: "c", name: "c", endpoint: null, state: "unstarted", isLearner: true };
  story.take({ seats: [a, { ...b, state: "answers" }, c], leader: { id: "b", term: 3 } }, 7);
  story.take({ seats: [a, { ...b, state: "answers" }], leader: { id: "b", term: 3 } }, 8);

  const kinds = story.told.map(({ what, atMs }) =>
    `${atMs} ${what.kind} ${"name" in what ? what.name : ""}`.trim()
  );
  assert.deepEqual(kinds, [
    "1 attached",
    "1 leads infra1",
    "4 silent infra1",
    "4 noLeader",
    "5 leads infra2",
    "6 back infra1",
    "7 added c",
    "8 removed c",
  ]);
  assert.deepEqual(story.reigns, [{ fromMs: 1, term: 2 }, { fromMs: 4, term: null }, { fromMs: 5, term: 3 }]);
  assert.equal((story.told[0]!.what as Extract<Happening, { kind: "attached" }>).members, 2);
});

Deno.test("a message that both ends tell of is counted once, and replies need no figure", () => {
  const beat = (
    from: string,
    to: string,
    kind: "heartbeat" | "append" | "heartbeatReply",
    perSecond: number,
  ) => ({
    from,
    to,
    kind,
    perSecond,
  });
  const told = [
    {
      by: "a",
      rates: [beat("a", "b", "heartbeat", 10), beat("a", "c", "append", 4), beat("c", "a", "heartbeat", 1)],
    },
    { by: "b", rates: [beat("a", "b", "heartbeat", 9), beat("b", "a", "heartbeatReply", 9)] },
  ];

  const rates = mergedRates(told);

  assert.deepEqual(ratesOn(rates, "b", "a", 3), [beat("a", "b", "heartbeat", 10)]);
  assert.deepEqual(ratesOn(rates, "a", "c", 3).map(({ kind }) => kind), ["append", "heartbeat"]);
  assert.equal(ratesOn(rates, "a", "c", 1).length, 1);
});

Deno.test("columns say on how many disks an entry is known to be, and where the rest is not told", () => {
  const row = (durableIndex: number | null, applied: number | null): ToldRow => ({
    seat: {} as Seat,
    glance: durableIndex === null
      ? null
      : { lastIndex: 12, durableIndex, commit: applied ?? 0 } as unknown as Glance,
    applied,
  });
  // One tells all, one tells one number, one is silent.
  const columns = toldColumns([row(11, 9), row(null, 10), row(null, null)], 5, 2);

  const drawn = columns.map(({ index, known, isExact, isQuorum }) =>
    `${index} ${known}${isExact ? "" : "+"}${isQuorum ? " quorum" : ""}`
  );

  assert.deepEqual(drawn, ["9 2+ quorum", "10 2+ quorum", "11 1+", "12 0+", "13 0+"]);
  // What one member has applied, a quorum has on disk, though nobody else says a word.
  const [newest] = toldColumns([row(null, 10), row(null, null), row(null, null)], 2, 2);
  assert.deepEqual([newest!.index, newest!.known, newest!.isExact, newest!.isQuorum], [10, 2, false, true]);
  const all = toldColumns([row(12, 12), row(12, 12), row(11, 11)], 3, 2);
  assert.deepEqual(all.map(({ known, isExact }) => [known, isExact]), [[3, true], [2, true], [0, true]]);
});

Deno.test("both languages say the same things", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.entries(value).map(([key, inner]) => [key, shape(inner)]).sort()
      : typeof value;
  assert.deepEqual(shape(attachZh), shape(attachEn));
});

// --- Beside real members -----------------------------------------------------------------------------------------

/** Three members of either kind, as the tests below need them. */
interface Fleet {
  readonly endpoints: readonly string[];
  readonly names: readonly string[];
  kill(at: number): Promise<void>;
  launch(at: number): Promise<void>;
  dispose(): Promise<void>;
}

async function flotillaFleet(): Promise<Fleet> {
  const cluster = await TestCluster.start(freePorts(3));
  return {
    endpoints: cluster.endpoints,
    names: cluster.specs.map(({ name }) => name),
    kill: async (at) => void await cluster.processes[at]!.kill(),
    launch: async (at) => void await cluster.launch(at).ready(),
    dispose: () => cluster.dispose(),
  };
}

async function etcdFleet(): Promise<Fleet> {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-attach-" });
  const ports = freePorts(3);
  const initialCluster = ports.map(([, peer], at) => `etcd${at + 1}=http://127.0.0.1:${peer}`).join(",");
  const { MemberProcess } = await import("../tcp/member_process.ts");
  const launch = (at: number): MemberProcess => {
    const client = `http://127.0.0.1:${ports[at]![0]}`, peer = `http://127.0.0.1:${ports[at]![1]}`;
    // deno-fmt-ignore
    return new MemberProcess("etcd", [
      "--name", `etcd${at + 1}`, "--data-dir", `${root}/etcd${at + 1}`,
      "--listen-client-urls", client, "--advertise-client-urls", client,
      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", initialCluster,
    ]);
  };
  const processes = ports.map((_, at) => launch(at));
  const dispose = async () => {
    await Promise.all(processes.map((process) => process.kill()));
    Deno.removeSync(root, { recursive: true });
  };
  try {
    await Promise.all(processes.map((process) => process.printed(/ready to serve client requests/)));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    endpoints: ports.map(([client]) => `127.0.0.1:${client}`),
    names: ports.map((_, at) => `etcd${at + 1}`),
    kill: async (at) => void await processes[at]!.kill(),
    launch: async (at) => {
      processes[at] = launch(at);
      await processes[at].printed(/ready to serve client requests/);
    },
    dispose,
  };
}

/** A browser says on its console when nobody answers or somebody refuses, and nothing that a page does can keep it from that. */
function forgiveTheNetwork(complaints: string[]): void {
  const left = complaints.filter((line) => !/net::ERR_|blocked by CORS policy|status of 503/.test(line));
  complaints.splice(0, complaints.length, ...left);
}

async function connect(page: Page, url: string, endpoints: readonly string[]): Promise<void> {
  await page.goto(`${url}#/attach`);
  await page.getByLabel("Client URLs").fill(endpoints.join(", "));
  await page.getByRole("button", { name: "Connect" }).click();
}

/** Before the members are ended: a stream that breaks off is a complaint. */
async function detach(page: Page): Promise<void> {
  await page.locator("header .btn").click();
  await page.locator("#attach-endpoints").waitFor();
}

const leaderSeat = (page: Page) => page.locator("[data-seat][data-role=leader]");
const row = (page: Page, key: string) => page.locator(`tr[data-key="${key}"]`);

async function gatewayPut(endpoint: string, key: string, value: string): Promise<void> {
  const response = await fetch(`http://${endpoint}/v3/kv/put`, {
    method: "POST",
    body: JSON.stringify({ key: btoa(key), value: btoa(value) }),
  });
  assert.equal(response.status, 200, await response.text());
}

for (
  const [kind, start, release] of [
    ["Flotilla", flotillaFleet, /Flotilla \d/],
    ["etcd", etcdFleet, /etcd 3\.\d/],
  ] as const
) {
  if (kind === "etcd" && !has("etcd") && Deno.env.get("CI") !== "true") {
    console.log("skipped, for lack of etcd: attaching to a real etcd");
    continue;
  }
  browserTest(
    `${kind}: one address shows three members; puts from outside appear; a killed leader is seen, and its successor`,
    "site",
    async ({ page, url, complaints }) => {
      const fleet = await start();
      try {
        await connect(page, url, [fleet.endpoints[0]!]);
        for (const name of fleet.names) {
          await page.locator(`[data-seat=${name}][data-state=answers]`).waitFor();
        }
        await leaderSeat(page).waitFor();
        assert.match(await page.locator(".stage .label").first().textContent() ?? "", release);

        await gatewayPut(fleet.endpoints[1]!, "outside", "seen");
        await row(page, "outside").getByText("seen").waitFor();
        await page.getByText("Changes show as they come.").waitFor();

        await page.getByLabel("Key", { exact: true }).fill("inside");
        await page.getByLabel("Value", { exact: true }).fill("钥匙");
        await page.getByRole("button", { name: "Put" }).click();
        await row(page, "inside").getByText("钥匙").waitFor();
        await page.getByRole("button", { name: "Get" }).click();
        await page.getByText(/inside is “钥匙”, since revision \d+\./).waitFor();

        const old = (await leaderSeat(page).getAttribute("data-seat"))!;
        const oldTerm = Number(await leaderSeat(page).getAttribute("data-term"));
        await fleet.kill(fleet.names.indexOf(old));
        await page.locator(`[data-seat=${old}][data-state=silent]`).waitFor();
        await page.waitForFunction(
          ([name, term]) => {
            const seat = document.querySelector<SVGElement>("[data-seat][data-role=leader]");
            return seat !== null && seat.dataset["seat"] !== name && Number(seat.dataset["term"]) > term;
          },
          [old, oldTerm] as const,
        );
        const next = (await leaderSeat(page).getAttribute("data-seat"))!;
        await page.getByRole("log").getByText(`${old} does not answer any more.`).waitFor();
        await page.getByRole("log").getByText(new RegExp(`^\\S+ ${next} leads term \\d+\\.$`)).first()
          .waitFor();
        await page.getByText("Quorum is 2 of 3.").waitFor();

        await gatewayPut(fleet.endpoints[fleet.names.indexOf(next)]!, "after", "the fall");
        await row(page, "after").getByText("the fall").waitFor();

        await fleet.launch(fleet.names.indexOf(old));
        await page.locator(`[data-seat=${old}][data-state=answers]`).waitFor();
        await page.getByRole("log").getByText(`${old} answers again.`).waitFor();

        await detach(page);
        forgiveTheNetwork(complaints);
      } finally {
        await fleet.dispose();
      }
    },
  );

  browserTest(
    `${kind}: a member is added and removed live; leases and deletions are told`,
    "site",
    async ({ page, url, complaints }) => {
      const fleet = await start();
      try {
        await connect(page, url, fleet.endpoints);
        await leaderSeat(page).waitFor();
        await page.locator("[data-seat][data-state=answers]").nth(2).waitFor();
        const pane = page.getByRole("complementary");
        await pane.getByRole("button", { name: "Members" }).click();
        await pane.locator("[data-row]").first().getByText("Applied index").waitFor();
        await pane.locator("[data-row]").first().getByText("healthy", { exact: true }).waitFor();

        // etcd leaves a newcomer out until all others have been connected for a while.
        await pane.getByLabel("Its peer URL").fill(`http://127.0.0.1:${freePorts(1)[0]![1]}`);
        await pane.getByLabel("as a learner").check();
        await page.waitForFunction(
          () => {
            if (document.querySelector("[data-seat][data-state=unstarted]")) return true;
            const add = [...document.querySelectorAll("button")].find((button) =>
              button.textContent === "Add"
            );
            if (add && !add.disabled) add.click();
            return false;
          },
          undefined,
          { polling: 500 },
        );
        const newcomer = (await page.locator("[data-seat][data-state=unstarted]").getAttribute("data-seat"))!;
        await page.getByRole("log").getByText(`${newcomer} was added as a learner.`).waitFor();
        await pane.getByRole("button", { name: `Remove ${newcomer}` }).click();
        await pane.getByRole("button", { name: "Remove it" }).click();
        await page.locator("[data-seat][data-state=unstarted]").waitFor({ state: "detached" });
        await page.getByRole("log").getByText(`${newcomer} was removed.`).waitFor();

        const granted = await fetch(`http://${fleet.endpoints[0]}/v3/lease/grant`, {
          method: "POST",
          body: JSON.stringify({ TTL: 600, ID: "-4818471203321290000" }),
        });
        assert.equal(granted.status, 200, await granted.text());
        await pane.getByRole("button", { name: "Leases" }).click();
        const hex = BigInt.asUintN(64, -4818471203321290000n).toString(16);
        await pane.locator(`[data-lease="${hex}"]`).getByText(/left of 600 s/).waitFor();

        await pane.getByRole("button", { name: "Keys" }).click();
        await gatewayPut(fleet.endpoints[0]!, "doomed", "one");
        await row(page, "doomed").getByRole("button").click();
        await gatewayPut(fleet.endpoints[0]!, "doomed", "two");
        await pane.getByText("2 changes since we attached.").waitFor();
        await pane.getByRole("button", { name: "Delete" }).click();
        await pane.getByText("Deleted doomed.").waitFor();
        await row(page, "doomed").waitFor({ state: "detached" });
        await detach(page);
        forgiveTheNetwork(complaints);
      } finally {
        await fleet.dispose();
      }
    },
  );
}

browserTest(
  "members that tell all show timers, entries, message figures and the votes of an election; one that does not has dots",
  "site",
  async ({ page, url, complaints }) => {
    const cluster = await TestCluster.start(freePorts(3), { extra: ["--experimental-flotilla-trace"] });
    try {
      await connect(page, url, cluster.endpoints);
      await leaderSeat(page).waitFor();
      await page.locator("[data-seat][data-traced=true]").nth(2).waitFor();
      const leader = (await leaderSeat(page).getAttribute("data-seat"))!;
      await page.locator("[data-rate=heartbeat]").nth(1).waitFor();

      await gatewayPut(cluster.endpoints[0]!, "x", "7");
      await page.locator(".told [data-safety=applied]", { hasText: "x=7" }).nth(2).waitFor();

      await cluster.processes[cluster.specs.findIndex(({ name }) => name === leader)]!.kill();
      await page.locator("[data-votes='2']").waitFor();
      await page.getByRole("log").getByText(/votes for itself in term \d+\./).first().waitFor();
      await page.getByRole("log").getByText(/says yes to infra\d in term \d+\./).first().waitFor();
      const next = (await leaderSeat(page).getAttribute("data-seat"))!;
      assert.notEqual(next, leader);

      // It comes back without the flag: from now on it must be asked.
      const at = cluster.specs.findIndex(({ name }) => name === leader);
      cluster.specs[at] = { ...cluster.specs[at]!, extra: [] };
      await cluster.launch(at).ready();
      await page.locator(`[data-seat=${leader}][data-state=answers][data-traced=false]`).waitFor();
      await page.locator("[data-seat][data-traced=true]").nth(1).waitFor();
      await page.getByText("dots: there is one, we are not told").waitFor();
      await page.getByText(`Told by ${leader}: term, leader, applied index`).waitFor();
      await detach(page);
      forgiveTheNetwork(complaints);
    } finally {
      await cluster.dispose();
    }
  },
);

browserTest(
  "what keeps an address from answering is said: nobody there, a forbidden origin with the flag that helps, no etcd",
  "site",
  async ({ page, url, complaints }) => {
    await withBench(async (bench) => {
      const [shut, ports] = freePorts(2);
      const strict = bench.member([
        ...aloneFlags(bench, "strict", ports!),
        "--cors",
        "http://elsewhere.example",
      ]);
      await strict.ready();
      const nothing = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response("<p>a shop</p>", { headers: { "access-control-allow-origin": "*" } }),
      );
      try {
        await connect(page, url, [
          `127.0.0.1:${shut![0]}`,
          `127.0.0.1:${ports![0]}`,
          `127.0.0.1:${nothing.addr.port}`,
        ]);
        const { origin } = new URL(url);
        await page.getByText(`Nothing answers at 127.0.0.1:${shut![0]}.`).waitFor();
        await page.getByText(`Start that member with --cors='${origin}', or with --cors='*'.`).waitFor();
        await page.getByText(`What answers at 127.0.0.1:${nothing.addr.port} is no etcd`).waitFor();
        await page.getByText("Nobody answers.").waitFor();

        // The flag that was named is the one that helps.
        await strict.kill();
        await bench.member([...aloneFlags(bench, "strict", ports!), "--cors", origin]).ready();
        await page.locator("[data-seat=strict][data-state=answers]").waitFor();
        await detach(page);
        forgiveTheNetwork(complaints);
      } finally {
        await nothing.shutdown();
      }
    });
  },
);

browserTest(
  "nothing is asked before Connect, and an address that is none is refused in words",
  "site",
  async ({ page, url }) => {
    const asked: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && request.url().startsWith("http")) asked.push(request.url());
    });
    await page.goto(`${url}#/attach?at=127.0.0.1:1,10.0.0.1:2379`);
    assert.equal(await page.getByLabel("Client URLs").inputValue(), "127.0.0.1:1,10.0.0.1:2379");
    await page.getByLabel("Client URLs").fill("http://root:secret@127.0.0.1:1");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("holds a name or password").waitFor();
    await page.getByLabel("Client URLs").fill("file:///etc/hosts");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("only http:// and https://").waitFor();
    assert.deepEqual(asked, []);
  },
);

browserTest(
  "axe finds nothing while attached, in either language and theme, wide and on a phone",
  "site",
  async ({ page, url }) => {
    await withBench(async (bench) => {
      const [ports] = freePorts(1);
      await bench.member(aloneFlags(bench, "alone", ports!)).ready();
      await gatewayPut(`127.0.0.1:${ports![0]}`, "k", "v");
      const found: string[] = [];
      const look = async (what: string) => {
        for (const line of await violationsOf(page, "body")) found.push(`${what}: ${line}`);
        assert.equal(await widerThanItself(page), false, `${what}: nothing to scroll sideways`);
      };
      await page.goto(`${url}#/attach`);
      await look("form");
      await connect(page, url, [`127.0.0.1:${ports![0]}`]);
      await row(page, "k").waitFor();
      for (const [scheme, width] of [["light", 1440], ["dark", 390]] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 900 });
        for (const pane of await page.getByRole("complementary").locator(".seg button").all()) {
          await pane.click();
          await look(`${scheme} ${width} ${await pane.textContent()}`);
        }
        await page.getByRole("button", { name: "中" }).click();
        await page.locator("html[lang^=zh]").waitFor();
      }
      await detach(page);
      assert.deepEqual(found, []);
    });
  },
);

function widerThanItself(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}
