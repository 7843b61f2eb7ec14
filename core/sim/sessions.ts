// Clients that stay: watchers that follow the keys over one stream after another, and lessees that keep a lease alive
// for a while and then let go. They note what they were told; core/check judges it.

import { utf8 } from "../base/bytes.ts";
import { clonePlain } from "../base/clone.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId, Revision } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import { compactRequest } from "../kv/requests.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import { FROM_KEY_END, type LeaseId, putRequest } from "../kv/requests.ts";
import type { ClientRequest, ClientResponse, WatchResult } from "../member/io.ts";
import type { ClusterSim, SimObserver } from "./cluster_sim.ts";
