import { ClusterHost } from "../workers/browser/cluster_host.ts";
import { start } from "./start.ts";

void start(() => ClusterHost.open());
