// The door of core/wire: everything that becomes bytes which etcd, or a tool of etcd's, can read.

export type { Malformed } from "./border.ts";
export { idToInt64, idToUint64, int64ToId, uint64ToId } from "./border.ts";
export { confChangeCodec, decodeConfChange, encodeConfChange } from "./conf_change_codec.ts";
export { clusterIdFor, memberIdFor } from "./etcd_ids.ts";
export { decodeMemberContext, encodeMemberContext, memberContext } from "./member_context.ts";
export type { MemberAttributes, MemberContext } from "./member_context.ts";
export {
  decodeConfState,
  decodeMessage,
  decodeSnapshot,
  encodeConfState,
  encodeMessage,
  encodeSnapshot,
  MESSAGE_BYTES_MAX,
} from "./peer_codec.ts";
export { decodeLogCommand, encodeLogCommand } from "./request_codec.ts";
export type { AlarmAction, AlarmType, LogCommand, LogRequest, LogRequestId } from "./request_codec.ts";
export { unary } from "./rpc.ts";
export type { ReadRequest, UnaryMethod } from "./rpc.ts";
