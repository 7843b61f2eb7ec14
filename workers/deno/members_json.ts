// Members as etcd's peer port lists them.

import { fromUtf8 } from "../../core/base/bytes.ts";
import type { MemberId } from "../../core/base/ids.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import { uint64ToId } from "../../core/wire/border.ts";
import { encodeMemberContext, memberContext } from "../../core/wire/member_context.ts";

/** Body of GET /members. */
export function membersToJson(members: readonly MemberInfo[]): string {
  const items = members.map((member) => fromUtf8(encodeMemberContext(memberContext(member))));
  return `[${items.join(",")}]\n`;
}

/** Null when the text is not such a list. */
export function membersFromJson(json: string): readonly MemberInfo[] | null {
  try {
    // An id is a number of 64 bits, which JSON.parse would round. A quote inside a JSON string is always escaped, so
    // this meets the keys themselves and nothing else.
    const list: unknown = JSON.parse(json.replace(/(?<!\\)"id"\s*:\s*(\d{1,20})/g, '"id":"$1"'));
    return Array.isArray(list) ? list.map(readMember) : null;
  } catch {
    return null;
  }
}

/** @throws TypeError or SyntaxError when a field is not what it should be. */
function readMember(fields: Readonly<Record<string, unknown>>): MemberInfo {
  const { id, name, peerURLs, clientURLs, isLearner } = fields;
  return {
    id: uint64ToId(BigInt.asUintN(64, BigInt(String(id)))) as MemberId,
    name: String(name ?? ""),
    peerUrls: readTexts(peerURLs),
    clientUrls: readTexts(clientURLs),
    isLearner: isLearner === true,
  };
}

/** Go writes a list it never filled as null. */
function readTexts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError("not a list");
  return value.map(String);
}
