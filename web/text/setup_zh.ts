// 配置页的文字，随该页一起加载。形状与 `setup_en.ts` 相同。

import type { SetupStrings } from "./setup_en.ts";

export const setupZh: SetupStrings = {
  title: "搭建集群",
  subtitle: "同样的参数，既能启动 Flotilla 成员，也能启动 etcd 成员。",
  quorum: (needed, size) => `法定人数将是 ${size} 个里的 ${needed} 个。`,
  tolerates: (lost) => (lost === 0 ? "一个也不能坏。" : `可以坏 ${lost} 个。`),
  filledFrom: "填写自",
  ownForm: "你自己的表单",
  tutorials: {
    local: "一台机器上的三个",
    tenNet: "三台机器，10.0.1.x",
    virtual: "三台虚拟机，192.168.10.x",
    service: "三个系统服务，172.31.x",
  },

  members: "成员",
  membersNote: "下面的数字：可以坏几个",
  sizeWords: () => ({ between: " 个成员，可以坏 ", after: " 个" }),

  find: "怎样找到彼此",
  methods: { static: "固定列表", discovery: "发现服务", dns: "DNS" },
  methodNotes: {
    static: (size) =>
      size === 1
        ? "只需告诉它自己的名字和同伴地址，不需要别的服务。"
        : `每个成员都知道全部 ${size} 个名字和同伴地址，不需要别的服务。`,
    discovery: (size) => `发现服务在一个令牌下收集 ${size} 个同伴地址。一个令牌只给一个集群用一次。`,
    dns: () => "成员从 SRV 记录里读出彼此的同伴地址。启动之前记录就要存在。",
  },
  token: "令牌",
  clusterId: "集群 id 是",
  noClusterId: "还有问题，集群 id 未定",
  discoveryUrl: "服务地址和令牌",
  discoveryHow: (size) =>
    `先运行 deno task discovery start，再用 curl 'http://127.0.0.1:8087/new?size=${size}' 领一个`,
  domain: "域名",

  program: "启动的是",
  programs: { etcd: "etcd", flotilla: "Flotilla" },
  dataDir: "数据目录",

  machines: "机器",
  columns: { name: "名字", peer: "同伴地址（peer URL）", client: "客户端地址", id: "将得到的 id" },
  field: (column, place) => `${column}，第 ${place} 台`,
  noId: "还不能确定",
  idByToken: "由令牌决定",
  use: (host) => `改用 ${host}`,

  start: (size) => `在此标签页启动 ${size} 个`,
  startNote: "同样多的成员，先演练一遍；网络是页面自己的，成员叫 infra1、infra2……",
  ask: "这会替换标签页里现有的集群。",
  startOver: "启动",
  keep: "保留现有的",

  kinds: {
    commands: "命令",
    units: "systemd 单元",
    procfile: "Procfile",
    records: "SRV 记录",
    checks: "启动之后",
  },
  kindNotes: {
    commands: "每台机器上运行自己那一条。",
    units: "放到各自机器的 /etc/systemd/system/etcd.service，再执行 systemctl enable --now etcd。",
    procfile: "全部成员在一台机器上：goreman -f Procfile start，或 deno task cluster start。",
    records: "加到这个域名的区域文件里。",
    checks: "是不是一个集群，会不会应答？",
  },
  output: "文件",
  all: "全部",
  on: (host) => `# 在 ${host} 上`,
  copy: "复制",
  copied: "已复制。",
  byHand: "浏览器不让页面复制，请手动选中文字。",
  save: (files) => (files === 1 ? "保存文件" : `保存 ${files} 个文件`),
  saved: (files) => `已保存 ${files} 个文件。`,
  link: "复制链接",
  underlined: "下划线：警告所指的地方。",
};
