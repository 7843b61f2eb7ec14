// --config-file: a YAML file with the flags' names as keys, as etcd's own sample has it. What stands in it is handed on
// as text, so that one parser judges flags wherever they were written. (embed.ConfigFromFile)

import { parseDocument } from "yaml";
import { type Refusal, refusal } from "./refusal.ts";

export interface ConfigFile {
  readonly kind: "values";
  /** By the flags' names. */
  readonly values: ReadonlyMap<string, string>;
}

/** Sections of etcd's file whose keys are flags with another name. */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "client-transport-security": {
    "cert-file": "cert-file",
    "key-file": "key-file",
    "client-cert-auth": "client-cert-auth",
    "trusted-ca-file": "trusted-ca-file",
    "auto-tls": "auto-tls",
  },
  "peer-transport-security": {
    "cert-file": "peer-cert-file",
    "key-file": "peer-key-file",
    "client-cert-auth": "peer-client-cert-auth",
    "trusted-ca-file": "peer-trusted-ca-file",
    "auto-tls": "peer-auto-tls",
  },
};

export function readConfigFile(path: string): ConfigFile | Refusal {
  try {
    return parseConfigFile(path, Deno.readTextFileSync(path));
  } catch (error) {
    return refusal(
      `cannot read --config-file ${path}: ${error instanceof Error ? error.message : String(error)}`,
      "name a file that this user can read",
    );
  }
}

export function parseConfigFile(path: string, text: string): ConfigFile | Refusal {
  const document = parseDocument(text, { logLevel: "silent" });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? 1;
    return refusal(`${path}:${line}: ${fault.message.split("\n")[0]}`, "mend the file's YAML");
  }
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch (error) {
    // An alias without its anchor, or aliases that unfold beyond all measure, show only now.
    return refusal(
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
      "mend the file's YAML",
    );
  }
  if (!isMapping(content)) {
    return refusal(`${path}: not a mapping of flags' names to values`, 'write lines such as "name: infra1"');
  }
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(content)) {
    const section = SECTIONS[key];
    if (section === undefined) {
      const text = flagText(value);
      if (text === null) return refusal(`${path}: ${key} holds a mapping`, "give it one value, or a list");
      values.set(key, text);
      continue;
    }
    for (const [inner, innerValue] of Object.entries(isMapping(value) ? value : {})) {
      values.set(section[inner] ?? `${key}.${inner}`, flagText(innerValue) ?? "");
    }
  }
  // Present but empty means "not given", as a Go struct's zero value does.
  for (const [name, text] of values) if (text === "") values.delete(name);
  return { kind: "values", values };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as the command line would spell it: lists are comma-separated, nothing is empty. */
function flagText(value: unknown): string | null {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join(",");
  return isMapping(value) ? null : String(value);
}
