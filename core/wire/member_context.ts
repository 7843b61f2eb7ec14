// What etcd says of a member in JSON: in the context of a conf change (membership.Member, or ConfigChangeContext for a
// promotion), and in the attributes that a started member publishes. The id is a JSON number of 64 bits, which
// JSON.parse would round; and Go's encoder has habits (key order, omitted zeros, escaped HTML) that are kept here, so
// that the bytes in the log are etcd's.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import type { MemberId } from "../base/ids.ts";
import { decodeOrExplain, idToUint64, type Malformed, MalformedBytes, uint64ToId } from "./border.ts";

export interface MemberContext {
  readonly kind: "member";
  readonly id: MemberId;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
  /** Empty for a member that has not started. */
  readonly name: string;
  readonly clientUrls: readonly string[];
  /** The change makes a voter of a learner: it is of the same type as the addition of a voter. */
  readonly isPromote: boolean;
}

export interface MemberAttributes {
  readonly name: string;
  readonly clientUrls: readonly string[];
}

/** A context whose unnamed fields are empty. */
export function memberContext(fields: Partial<MemberContext> & { readonly id: MemberId }): MemberContext {
  return {
    kind: "member",
    peerUrls: [],
    isLearner: false,
    name: "",
    clientUrls: [],
    isPromote: false,
    ...fields,
  };
}

export function encodeMemberContext(context: MemberContext): Uint8Array {
  const fields = [
    `"id":${idToUint64(context.id)}`,
    `"peerURLs":${context.peerUrls.length > 0 ? list(context.peerUrls) : "null"}`,
    ...(context.isLearner ? [`"isLearner":true`] : []),
    ...attributeFields(context),
    ...(context.isPromote ? [`"isPromote":true`] : []),
  ];
  return utf8(`{${fields.join(",")}}`);
}

export function decodeMemberContext(bytes: Uint8Array): MemberContext | Malformed {
  return decodeOrExplain(() => {
    // A quote inside a JSON string is always escaped, so this meets the key itself and nothing else.
    const exact = fromUtf8(bytes).replace(/"id"\s*:\s*(\d{1,20})/, '"id":"$1"');
    const fields = asObject(JSON.parse(exact));
    const id = BigInt(asText(fields.id, "id"));
    if (id === 0n || BigInt.asUintN(64, id) !== id) throw new MalformedBytes(`member id ${id}`);
    return {
      kind: "member",
      id: uint64ToId(id) as MemberId,
      peerUrls: asTexts(fields.peerURLs, "peerURLs"),
      isLearner: fields.isLearner === true,
      ...readAttributes(fields),
      isPromote: fields.isPromote === true,
    };
  });
}

/** The value that a started member publishes under its attributes. */
export function encodeAttributes(attributes: MemberAttributes): string {
  return `{${attributeFields(attributes).join(",")}}`;
}

/** @throws MalformedBytes, or SyntaxError from JSON.parse. */
export function readAttributesJson(json: string): MemberAttributes {
  return readAttributes(asObject(JSON.parse(json)));
}

function attributeFields({ name, clientUrls }: MemberAttributes): string[] {
  return [
    ...(name !== "" ? [`"name":${text(name)}`] : []),
    ...(clientUrls.length > 0 ? [`"clientURLs":${list(clientUrls)}`] : []),
  ];
}

function readAttributes(fields: Readonly<Record<string, unknown>>): MemberAttributes {
  return { name: asText(fields.name ?? "", "name"), clientUrls: asTexts(fields.clientURLs, "clientURLs") };
}

function list(texts: readonly string[]): string {
  return `[${texts.map(text).join(",")}]`;
}

/** Go escapes what could end a script element or break a line of JavaScript. */
function text(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedBytes("not a JSON object");
  }
  return value as Record<string, unknown>;
}

function asText(value: unknown, what: string): string {
  if (typeof value !== "string") throw new MalformedBytes(`${what} is no text`);
  return value;
}

/** Go writes a list it never filled as null. */
function asTexts(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedBytes(`${what} is no list`);
  return value.map((item) => asText(item, what));
}
