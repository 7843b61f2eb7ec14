// What the form is turned into, as files, and which stretches of them a warning is about.

import type { SetupForm, SetupPlan, SetupWarning } from "../../core/script/mod.ts";

export const OUTPUT_KINDS = ["commands", "units", "procfile", "records", "checks"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

export interface OutputFile {
  /** As it is saved. */
  readonly name: string;
  /** Whose it is; null for a file that is one for all. */
  readonly machine: string | null;
  /** Where it belongs, said above it: a machine's address; empty when anywhere will do. */
  readonly host: string;
  readonly text: string;
}

/** Kinds that this form has anything to say in: SRV records only where members find each other by DNS. */
export function kindsOf(plan: SetupPlan): readonly OutputKind[] {
  return OUTPUT_KINDS.filter((kind) => kind !== "records" || plan.records.length > 0);
}

export function filesOf(plan: SetupPlan, kind: OutputKind): readonly OutputFile[] {
  const whole = (name: string, text: string): OutputFile[] => [{ name, machine: null, host: "", text }];
  switch (kind) {
    case "commands":
      return plan.machines.map(({ name, host, command }) => ({
        name: `start-${fileName(name)}.sh`,
        machine: name,
        host,
        text: `${command}\n`,
      }));
    case "units":
      return plan.machines.map(({ name, host, unit }) => ({
        name: `etcd-${fileName(name)}.service`,
        machine: name,
        host,
        text: unit,
      }));
    case "procfile":
      return whole("Procfile", plan.procfile);
    case "records":
      return whole("etcd.zone", `${plan.records.join("\n")}\n`);
    case "checks":
      return whole("check.sh", `${plan.checks.join("\n")}\n`);
  }
}

/** A file that is run by a shell says so in its first line when it is saved; on the page it need not. */
export function savedText({ name, text }: OutputFile): string {
  return name.endsWith(".sh") ? `#!/bin/sh\n${text}` : text;
}

/** The very texts that warnings are about: they are underlined wherever they stand. */
export function suspectsOf(warnings: readonly SetupWarning[], form: SetupForm): readonly string[] {
  const machineOf = (name: string | null) => form.machines.find((machine) => machine.name === name);
  const found = warnings.flatMap((warning): readonly (string | undefined)[] => {
    const machine = machineOf(warning.machine);
    switch (warning.key) {
      case "url.localhost":
        return [machine?.peerUrl];
      case "client.localhost":
        return [machine?.clientUrl];
      case "url.twice":
      case "dns.address":
        return [warning.values.url];
      case "url.bad":
      case "url.everywhere":
      case "port.same":
        return [machine?.peerUrl, machine?.clientUrl];
      case "token.default":
        return [form.token];
      case "discovery.public":
        return [form.discoveryUrl];
      default:
        return [];
    }
  });
  return [...new Set(found.filter((text): text is string => text !== undefined && text !== ""))];
}

/** A text cut into stretches; every second one (odd places) is a suspect. */
export function stretches(text: string, suspects: readonly string[]): readonly string[] {
  if (suspects.length === 0) return [text];
  const escaped = [...suspects].sort((a, b) => b.length - a.length)
    .map((one) => one.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  // A URL is meant only where it ends: http://a:1 is no part of http://a:12.
  return text.split(new RegExp(`(${escaped.join("|")})(?![\\w.:])`));
}

function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, "_") || "member";
}
