// The two timing profiles of a cluster in a tab, as core's clocks.

import { ETCD_TIMING, TEACHING_TIMING, type Timing } from "../../core/member/options.ts";
import type { ProfileName } from "./cluster_api.ts";

export const TIMING: Readonly<Record<ProfileName, Timing>> = { teaching: TEACHING_TIMING, etcd: ETCD_TIMING };
