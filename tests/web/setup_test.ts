/// <reference lib="dom" />
// The set-up page: a form becomes files. Its arithmetic without a page, then the page in a real Chromium.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { planSetup, type SetupForm, TUTORIALS } from "../../core/script/mod.ts";
import { formOf, queryOf, resized, tutorialOf } from "../../web/setup/form.ts";
import { filesOf, kindsOf, savedText, stretches, suspectsOf } from "../../web/setup/output.ts";
import { browserTest } from "./browser.ts";
import { violationsOf } from "./drawer_steps.ts";

Deno.test("a form comes back whole from its address, and a strange address is no trouble", () => {
  for (const form of Object.values(TUTORIALS)) assert.deepEqual(formOf(queryOf(form)), form);
  const odd: SetupForm = {
    ...TUTORIALS.local,
    program: "flotilla",
    method: "dns",
    token: "",
    domain: "example.com",
    machines: [{ name: "my node", peerUrl: "", clientUrl: "&=#" }],
  };
  assert.deepEqual(formOf(new URLSearchParams(queryOf(odd).toString())), odd);

  const strange = formOf(
    new URLSearchParams([
      ["by", "pigeon"],
      ["token", "x".repeat(5000)],
      ...Array.from({ length: 40 }, () => ["m", "a"]),
    ]),
  );

  assert.equal(strange.method, "static");
  assert.equal(strange.token.length, 200);
  assert.equal(strange.machines.length, 9);
  assert.equal(tutorialOf(TUTORIALS.virtual), "virtual");
  assert.equal(tutorialOf(odd), null);
});

Deno.test("more machines follow the last one, by address or on one machine by port", () => {
  const nine = resized(TUTORIALS.tenNet, 9).machines;
  assert.deepEqual(nine.at(-1), {
    name: "etcd8",
    peerUrl: "http://10.0.1.18:2380",
    clientUrl: "http://10.0.1.18:2379",
  });
  const local = resized(TUTORIALS.local, 9);
  assert.equal(local.machines[5]!.peerUrl, "http://127.0.0.1:62380");
  assert.equal(local.machines[6]!.peerUrl, "http://127.0.0.2:12380");
  assert.deepEqual(planSetup(local).warnings.map(({ key }) => key), ["size.large", "host.all"]);
  const named = {
    ...TUTORIALS.tenNet,
    machines: [{ name: "a", peerUrl: "http://db1.example:2380", clientUrl: "" }],
  };
  assert.equal(resized(named, 2).machines[1]!.peerUrl, "http://db2.example:2380");
  assert.equal(resized(named, 2).machines[1]!.name, "a2");
  assert.equal(resized(TUTORIALS.tenNet, 0).machines.length, 1);
});

Deno.test("files carry names a file system takes, and a shell script its first line", () => {
  const form: SetupForm = {
    ...TUTORIALS.tenNet,
    machines: [{ name: "a/b", peerUrl: "http://10.0.1.10:2380", clientUrl: "http://10.0.1.10:2379" }],
  };
  const plan = planSetup(form);

  const [file] = filesOf(plan, "commands");

  assert.equal(file!.name, "start-a_b.sh");
  assert.match(savedText(file!), /^#!\/bin\/sh\netcd --name a/);
  assert.deepEqual(kindsOf(plan), ["commands", "units", "procfile", "checks"]);
  const dns = planSetup({ ...form, method: "dns", domain: "example.com" });
  assert.match(filesOf(dns, "records")[0]!.text, /^_etcd-server\._tcp\.example\.com\. /);
});

Deno.test("what a warning is about is found wherever it stands, and nothing that only begins like it", () => {
  const form: SetupForm = {
    ...TUTORIALS.tenNet,
    machines: TUTORIALS.tenNet.machines.map((machine, i) =>
      i === 2 ? { ...machine, peerUrl: "http://localhost:2380" } : machine
    ),
  };
  const suspects = suspectsOf(planSetup(form).warnings, form);

  assert.deepEqual(suspects, ["http://localhost:2380"]);
  assert.deepEqual(stretches("a=http://localhost:2380,b=http://localhost:23800", suspects), [
    "a=",
    "http://localhost:2380",
    ",b=http://localhost:23800",
  ]);
});

browserTest(
  "the tutorial's machines become its commands; localhost is warned of, underlined and mended",
  "site",
  async ({ page, url }) => {
    await page.goto(`${url}#/setup`);
    await page.getByRole("heading", { name: "Set up a cluster" }).waitFor();
    const ids = await page.locator("[data-id]").allInnerTexts();
    assert.deepEqual(ids.slice(0, 2), ["c7c6b5d4a7ab669c", "98389d05774d579c"]);

    const peer = page.getByLabel("Peer URL, for members, machine 3");
    await peer.fill("http://localhost:2380");

    await page.getByText("etcd0 and etcd1 cannot reach etcd2.").waitFor();
    assert.equal(await page.locator("[data-cluster-id]").getAttribute("data-cluster-id"), "eb86ae09b666c59");
    // In its own three flags' places, and in every machine's list: 2 + 3 for etcd2, one each for the others.
    assert.equal(await page.locator("pre u").count(), 5);
    await page.getByRole("button", { name: "Use 10.0.1.12" }).click();
    assert.equal(await peer.inputValue(), "http://10.0.1.12:2380");
    assert.equal(await page.locator("pre u").count(), 0);

    await page.getByRole("button", { name: "4 members, 1 may fail" }).click();
    await page.getByText("4 may lose 1, as 3 may.").waitFor();
    assert.equal(await page.getByLabel("Name, machine 4").inputValue(), "etcd3");
    await page.getByRole("button", { name: "3 members, 1 may fail" }).click();

    await page.getByRole("button", { name: "systemd units" }).click();
    await page.getByRole("button", { name: "etcd1", exact: true }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the file" }).click();
    const saved = await download;
    assert.equal(saved.suggestedFilename(), "etcd-etcd1.service");
    const unit = await Deno.readTextFile((await saved.path())!);
    assert.match(unit, /Type=notify\nExecStart=\/usr\/local\/bin\/etcd \\\n {2}--name etcd1 /);
    await page.getByText("Saved.").waitFor();
  },
);

browserTest(
  "a link brings the whole form, and the rehearsal starts as many members",
  "site",
  async ({ page, url }) => {
    await page.goto(`${url}#/setup`);
    await page.getByRole("combobox").selectOption("local");
    await page.getByRole("button", { name: "5 members, 2 may fail" }).click();
    await page.getByRole("button", { name: "by discovery" }).click();
    await page.getByText("Nobody finds anybody.").waitFor();
    await page.getByLabel("Service and token").fill("http://127.0.0.1:8087/abc");
    await page.waitForFunction(() =>
      location.hash.includes("8087") && location.hash.includes("by=discovery")
    );
    const link = page.url();

    const other = await page.context().newPage();
    await other.goto(link);

    assert.equal(await other.getByLabel("Service and token").inputValue(), "http://127.0.0.1:8087/abc");
    assert.equal(await other.locator("tr[data-machine]").count(), 5);
    assert.match(
      await other.locator("pre").first().innerText(),
      /--discovery http:\/\/127\.0\.0\.1:8087\/abc/,
    );
    await other.close();
    await page.getByRole("button", { name: "Start five in this tab" }).click();
    await page.getByRole("button", { name: "Start it" }).click();
    await page.locator("[data-member=infra5]").waitFor();
  },
);

browserTest(
  "axe finds nothing, in either language and theme, wide and on a phone",
  "site",
  async ({ page, url }) => {
    const found: string[] = [];
    await page.goto(`${url}#/setup`);
    await page.getByLabel("Peer URL, for members, machine 3").fill("http://localhost:2380");
    for (const [scheme, width] of [["light", 1440], ["dark", 390]] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const line of await violationsOf(page, "body")) found.push(`${scheme} ${width}: ${line}`);
      assert.equal(await widerThanItself(page), false, `${width} px: nothing to scroll sideways`);
      await page.getByRole("button", { name: "中" }).click();
      await page.locator("html[lang^=zh]").waitFor();
    }
    assert.deepEqual(found, []);
  },
);

function widerThanItself(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}
