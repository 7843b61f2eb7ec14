// 页面关于它在浏览器里的副本所说的话。

import type { offlineEn } from "./offline_en.ts";

export const offlineZh: typeof offlineEn = {
  newer: "Flotilla 有新版本了。",
  kept: "成员的磁盘会保留，页面将重新载入。",
  take: "载入新版本",
  later: "以后再说",
};
