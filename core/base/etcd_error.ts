// The troubles a client can be told of, with etcd 3.4's own codes and wording (etcdserver/api/v3rpc/rpctypes
// and the server's errors.go). They are values, never exceptions: an answer is either a response or one of these.

/** gRPC's status codes, by name. */
export type GrpcCode =
  | "ok"
  | "cancelled"
  | "unknown"
  | "invalidArgument"
  | "deadlineExceeded"
  | "notFound"
  | "alreadyExists"
  | "permissionDenied"
  | "resourceExhausted"
  | "failedPrecondition"
  | "aborted"
  | "outOfRange"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "dataLoss"
  | "unauthenticated";

/** The numbers that travel in `grpc-status` and in the JSON gateway's "code". */
export const GRPC_CODE_NUMBER: Readonly<Record<GrpcCode, number>> = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
};

/** A refusal or failure as a client will read it. */
export interface EtcdError {
  readonly kind: "error";
  readonly code: GrpcCode;
  /** Whole text, "etcdserver: " included where etcd has it. */
  readonly message: string;
}

/** True when an answer is an error. Every response of this code base carries another `kind`. */
export function isEtcdError(answer: { readonly kind: string }): answer is EtcdError {
  return answer.kind === "error";
}

function etcdError(code: GrpcCode, message: string): EtcdError {
  return Object.freeze({ kind: "error", code, message });
}

/** An error that etcd has no fixed text for; such ones reach a client as "unknown" unless a code is given. */
export function otherError(message: string, code: GrpcCode = "unknown"): EtcdError {
  return etcdError(code, message);
}

/** Every fixed error of etcd 3.4, by its name in rpctypes without the prefix "ErrGRPC". */
export const ETCD_ERRORS = {
  // Keys and transactions.
  emptyKey: etcdError("invalidArgument", "etcdserver: key is not provided"),
  keyNotFound: etcdError("invalidArgument", "etcdserver: key not found"),
  valueProvided: etcdError("invalidArgument", "etcdserver: value is provided"),
  leaseProvided: etcdError("invalidArgument", "etcdserver: lease is provided"),
  tooManyOps: etcdError("invalidArgument", "etcdserver: too many operations in txn request"),
  duplicateKey: etcdError("invalidArgument", "etcdserver: duplicate key given in txn request"),
  compacted: etcdError("outOfRange", "etcdserver: mvcc: required revision has been compacted"),
  futureRevision: etcdError("outOfRange", "etcdserver: mvcc: required revision is a future revision"),
  noSpace: etcdError("resourceExhausted", "etcdserver: mvcc: database space exceeded"),

  // Leases.
  leaseNotFound: etcdError("notFound", "etcdserver: requested lease not found"),
  leaseExists: etcdError("failedPrecondition", "etcdserver: lease already exists"),
  leaseTtlTooLarge: etcdError("outOfRange", "etcdserver: too large lease TTL"),

  // Watches. The last two reach a client as the reason of a cancelled watch, not as a status.
  watchCancelled: etcdError("cancelled", "etcdserver: watch canceled"),
  watchRangeEmpty: etcdError("unknown", "mvcc: watcher range is empty"),
  watchIdDuplicate: etcdError("unknown", "mvcc: duplicate watch ID provided on the WatchStream"),

  // Cluster membership.
  memberExists: etcdError("failedPrecondition", "etcdserver: member ID already exist"),
  peerUrlExists: etcdError("failedPrecondition", "etcdserver: Peer URLs already exists"),
  memberNotEnoughStarted: etcdError(
    "failedPrecondition",
    "etcdserver: re-configuration failed due to not enough started members",
  ),
  memberBadUrls: etcdError("invalidArgument", "etcdserver: given member URLs are invalid"),
  memberNotFound: etcdError("notFound", "etcdserver: member not found"),
  memberNotLearner: etcdError("failedPrecondition", "etcdserver: can only promote a learner member"),
  learnerNotReady: etcdError(
    "failedPrecondition",
    "etcdserver: can only promote a learner member which is in sync with leader",
  ),
  tooManyLearners: etcdError("failedPrecondition", "etcdserver: too many learner members in cluster"),

  // Load.
  requestTooLarge: etcdError("invalidArgument", "etcdserver: request is too large"),
  tooManyRequests: etcdError("resourceExhausted", "etcdserver: too many requests"),

  // Users and roles.
  rootUserNotExist: etcdError("failedPrecondition", "etcdserver: root user does not exist"),
  rootRoleNotExist: etcdError("failedPrecondition", "etcdserver: root user does not have root role"),
  userAlreadyExists: etcdError("failedPrecondition", "etcdserver: user name already exists"),
  userEmpty: etcdError("invalidArgument", "etcdserver: user name is empty"),
  userNotFound: etcdError("failedPrecondition", "etcdserver: user name not found"),
  roleAlreadyExists: etcdError("failedPrecondition", "etcdserver: role name already exists"),
  roleNotFound: etcdError("failedPrecondition", "etcdserver: role name not found"),
  roleEmpty: etcdError("invalidArgument", "etcdserver: role name is empty"),
  authFailed: etcdError(
    "invalidArgument",
    "etcdserver: authentication failed, invalid user ID or password",
  ),
  noPasswordUser: etcdError(
    "unknown",
    "auth: authentication failed, password was given for no password user",
  ),
  permissionDenied: etcdError("permissionDenied", "etcdserver: permission denied"),
  roleNotGranted: etcdError("failedPrecondition", "etcdserver: role is not granted to the user"),
  permissionNotGranted: etcdError("failedPrecondition", "etcdserver: permission is not granted to the role"),
  authNotEnabled: etcdError("failedPrecondition", "etcdserver: authentication is not enabled"),
  invalidAuthToken: etcdError("unauthenticated", "etcdserver: invalid auth token"),
  invalidAuthManagement: etcdError("invalidArgument", "etcdserver: invalid auth management"),
  authOldRevision: etcdError("invalidArgument", "etcdserver: revision of auth store is old"),

  // The cluster's state.
  noLeader: etcdError("unavailable", "etcdserver: no leader"),
  notLeader: etcdError("failedPrecondition", "etcdserver: not leader"),
  leaderChanged: etcdError("unavailable", "etcdserver: leader changed"),
  notCapable: etcdError("unavailable", "etcdserver: not capable"),
  stopped: etcdError("unavailable", "etcdserver: server stopped"),
  timeout: etcdError("unavailable", "etcdserver: request timed out"),
  timeoutDueToLeaderFail: etcdError(
    "unavailable",
    "etcdserver: request timed out, possibly due to previous leader failure",
  ),
  timeoutDueToConnectionLost: etcdError(
    "unavailable",
    "etcdserver: request timed out, possibly due to connection lost",
  ),
  timeoutWaitAppliedIndex: etcdError(
    "unavailable",
    "etcdserver: request timed out, waiting for the applied index took too long",
  ),
  timeoutLeaderTransfer: etcdError("unknown", "etcdserver: request timed out, leader transfer took too long"),
  unhealthy: etcdError("unavailable", "etcdserver: unhealthy cluster"),
  corrupt: etcdError("dataLoss", "etcdserver: corrupt cluster"),
  notSupportedForLearner: etcdError("unavailable", "etcdserver: rpc not supported for learner"),
  badLeaderTransferee: etcdError("failedPrecondition", "etcdserver: bad leader transferee"),
  requestCancelled: etcdError("unknown", "etcdserver: request cancelled"),
  unknownMethod: etcdError("unknown", "etcdserver: unknown method"),
} as const satisfies Record<string, EtcdError>;

export type EtcdErrorName = keyof typeof ETCD_ERRORS;
