// 抽屉与检查器各页的中文。结构与 panels_en.ts 相同，由类型检查。命令、参数和 etcd 自己的报错保持原文。

import type { ClusterEvent, Flight } from "../../workers/browser/cluster_api.ts";
import type { PanelStrings } from "./panels_en.ts";

const roles: Readonly<Record<string, string>> = {
  leader: "领导者",
  follower: "跟随者",
  candidate: "候选者",
  preCandidate: "预候选者",
  learner: "学习者",
};

const recordNames: Readonly<Record<string, string>> = {
  segmentHead: "文件头",
  hardState: "任期、投票与提交序号",
  snapshotMark: "快照标记",
  none: "没有记录头的字节",
};

const FIELDS: Readonly<Record<string, string>> = {
  "body bytes": "正文字节数",
  "previous check": "上一条的校验",
  index: "序号",
  kind: "类型",
  term: "任期",
  write: "第几次写入",
  "body check": "正文校验",
  "header check": "头部校验",
  magic: "魔数",
  version: "版本",
  "cluster id": "集群编号",
  "member id": "成员编号",
  sequence: "段号",
  vote: "投票给",
  "replaces log": "取代日志",
  "file check": "快照校验",
  data: "内容",
};

function short({ kind, summary, reject }: Flight): string {
  switch (kind) {
    case "append":
      return /append ([\d.]+),/.exec(summary)?.[1] ?? "";
    case "appendReply":
      return reject ? "不" : `有 ${/up to (\d+)/.exec(summary)?.[1] ?? ""}`;
    case "vote":
      return `任期 ${/term (\d+)/.exec(summary)?.[1] ?? ""}？`;
    case "preVote":
      return "预投票";
    case "voteReply":
    case "preVoteReply":
      return reject ? "不" : "同意";
    case "readIndex":
      return "读？";
    case "snapshot":
      return "快照";
    default:
      return "";
  }
}

function plainEvent(name: string, event: ClusterEvent["event"]): string {
  switch (event.kind) {
    case "electionTimer":
      return `${name} 抽到 ${event.deadlineTicks} 拍的耐心。`;
    case "voteCast":
      return `${name} 在任期 ${event.term} 表示${event.granted ? "同意" : "不同意"}：${event.reason}。`;
    case "voteCounted":
      return `${name} 数到 ${event.granteds} / ${event.needed} 票。`;
    case "role":
      return `${name} 在任期 ${event.term} 是${roles[event.role] ?? event.role}。`;
    case "appended":
      return event.first === event.last
        ? `${name} 把第 ${event.first} 条记入日志。`
        : `${name} 把第 ${event.first} 至 ${event.last} 条记入日志。`;
    case "overwritten":
      return `${name} 划掉第 ${event.first} 至 ${event.last} 条。`;
    case "progress":
      return `${name} 得知有成员与它一致到第 ${event.match} 条。`;
    case "committed":
      return `${name} 得知第 ${event.index} 条已提交。`;
    case "applied":
      return `${name} 应用第 ${event.index} 条：修订 ${event.revision}。`;
    case "config":
      return `${name} 换用新的成员名单。`;
    case "writeIssued":
      return `${name} 写 ${event.bytes} 字节。`;
    case "writeDurable":
      return `${name} 的磁盘已存好，到第 ${event.lastIndex} 条。`;
    case "promised":
      return `${name} 可以答复了：磁盘记住了。`;
    case "recovered":
      return `${name} 从磁盘读回 ${event.entryCount} 条。`;
    case "snapshot":
      return `${name}：快照到第 ${event.index} 条，${
        event.what === "taken" ? "已生成" : event.what === "sent" ? "已发出" : "已装入"
      }。`;
    case "requested":
      return `客户端向 ${name} 请求：${event.what}。`;
    case "responded":
      return `${name} 答复：${event.outcome}。`;
    case "refused":
      return `${name} 拒绝 ${event.what}：${event.why}。`;
    case "stopped":
      return `${name} 停止：${event.why}。`;
    case "operator":
      return `${event.verb} ${event.names.join(" ")}`;
  }
}

export const panelsZh: PanelStrings = {
  clientNames: (client) =>
    client === "you"
      ? "你"
      : client === "shell"
      ? "终端"
      : client.startsWith("w")
      ? `写者 ${client.slice(1)}`
      : `读者 ${client.slice(1)}`,
  clientShort: (client) => (client === "you" ? "你" : client === "shell" ? "$" : client.toUpperCase()),

  copy: { copy: "复制", copied: "已复制", byHand: "请手动选中并复制。" },

  disk: {
    snapshot: "快照",
    segment: (sequence) => `段 ${sequence}`,
    open: "正在写",
    sealed: "已封存",
    bytes: (count) => `${count.toLocaleString("en")} 字节`,
    hidden: (count) => `更早的 ${count} 条记录未画出`,
    empty: "这块磁盘上没有文件。",
    keyEntry: "日志条目",
    keyState: "任期、投票、提交",
    keyHead: "文件头",
    record: (kind, index) => (kind.startsWith("entry") ? `第 ${index} 条的记录` : recordNames[kind] ?? kind),
    where: (offset, segment) => `段 ${segment} 的第 ${offset} 字节`,
    recordLabel: (r) =>
      `${r.kind.startsWith("entry") ? `第 ${r.index} 条` : recordNames[r.kind] ?? r.kind}${
        r.kind === "hardState" ? `，提交到 ${r.index}` : ""
      }${r.label === "" ? "" : `：${r.label}`}${r.torn ? "，写断了" : ""}`,
    hex: "这条记录的字节",
    fields: "这条记录的字段",
    field: (name) => FIELDS[name] ?? name,
    fieldShort: (name) => FIELDS[name] ?? name,
    kinds: {
      segmentHead: "文件头",
      entryNormal: "日志条目",
      hardState: "任期与投票",
      snapshotMark: "快照标记",
      entryConfChangeV1: "成员变更",
      entryConfChangeV2: "成员变更",
    },
    lastOfWrite: (number) => `${number}，本次写入的最后一条`,
    matches: "相符",
    broken: "不相符",
    missing: "缺失",
    missingBytes: (count) => `缺 ${count} 字节`,
    tear: "是写断，不是损坏。",
    tearWhy: (there, whole) => `记录头完整，正文写到第 ${there} 字节就断了，共 ${whole} 字节。`,
    tearHead: "连记录头都不完整：写到这里就断了。没有谁得到过它的答复。",
    rot: "是损坏，不是写断。",
    rotWhy: (index) =>
      index === null
        ? "它后面还有更晚写入的记录，说明这些字节曾经完整。成员拒绝启动。"
        : `第 ${index} 条曾经完整。成员拒绝启动：要由其他成员给它一块新磁盘。`,
    restart: (name) => `重启 ${name}`,
    cutsAt: (offset) => `它会在第 ${offset} 字节处截断，再向领导者要其余的。`,
  },

  keys: {
    lanes: "键与它们的修订",
    keyHead: "键",
    revisionHere: (revision) => `这里是修订 ${revision}`,
    clusterAt: (revision) => `集群已到 ${revision}`,
    appliedBy: (name) => `${name} 应用到此`,
    moreKeys: (count) => `还有 ${count} 个键未画出。`,
    noKeys: "还没有键。在下面写一个。",
    cannotSay: (name) => `${name} 没有运行，无从得知。`,
    versionTitle: (v) =>
      v.value === null
        ? `${v.key} 在修订 ${v.revision} 删除`
        : `${v.key}=${v.value}，修订 ${v.revision}，版本 ${v.version}`,
    born: (v) => (v === null ? "" : `创建于 ${v.createRevision}，改于 ${v.revision}，版本 ${v.version}`),
    deletedAt: (revision) => `在 ${revision} 删除`,
    noKey: "没有这个键",
    atOnce: (value) => `${value}，立刻`,
    afterEntry: (index) => `等到第 ${index} 条`,
    noLeader: "没有答复：没有领导者",
    futureRevision: "未来的修订",
    leaseLeft: (left, granted) => `剩 ${left} 秒，共 ${granted} 秒`,
    leaseHolds: (keys) => `挂着 ${keys}。由领导者计时。`,
    leaseHoldsNone: "没有挂键。由领导者计时。",
    watches: (what) => `终端在监视 ${what}`,
    watchWaits: "还没有看到变化。",
    watchSeen: (revision) => `看到修订 ${revision}。`,
  },

  flags: {
    title: "启动参数",
    what: "这个成员的启动参数，写成 etcd 的参数。",
    ours: "同一个成员，作为进程",
    etcd: "同一个成员，用 etcd",
    clockNote: "教学时钟太紧，它不接受：两条命令都用 etcd 自己的时钟。",
    etcdNote: "etcd 3.4 要用参数打开预投票，之后的版本默认打开。",
  },

  terminal: {
    against: "连接到",
    version: "API 3.4，就在这个标签页",
    output: "终端",
    line: "命令行",
    completion: "这个词可以是",
    greeting: "# 这个标签页里的 etcdctl。Tab 补全，↑ 找回，Ctrl+C 停止，help 列出命令。",
    noEndpoint: (endpoint) => `没有成员在 ${endpoint} 接受客户端`,
    twin: "在真实的集群上",
    twinWhy: "刚才做的事，在那里要这样输入：",
    worth: "现在值得一试",
    tries: {
      whoLeads: "各自说谁是领导者",
      failsHere: "这里会失败：没有法定人数",
      reads: "先问多数派",
      ownCopy: "它自己的副本，可能旧",
      history: "至今的每一次变化",
      health: "谁能提交",
      handOver: "领导者换人",
      add: "再加一个成员",
      back: "让它回来",
    },
  },

  spaceTime: {
    title: "时空图",
    how: "一条泳道是一个成员。到达泳道的线表示收到了。",
    heartbeats: "心跳",
    beats: { counted: "计数", drawn: "画出", hidden: "隐藏" },
    find: "找形状",
    all: "全部",
    shapes: {
      append: "● 追加",
      vote: "◆ 投票",
      preVote: "◇ 预投票",
      heartbeat: "○ 心跳",
      snapshot: "▰ 快照",
      read: "▲ 读",
      client: "■ 提议",
      lead: "♛ 交接",
    },
    span: "回看",
    ms: (ms) => (ms >= 1000 ? `${+(ms / 1000).toFixed(1)} 秒` : `${Math.round(ms)} 毫秒`),
    hold: "定住",
    follow: "跟随",
    hiddenOnes: "已隐藏：",
    hide: (name) => `隐藏 ${name}`,
    show: (name) => `显示 ${name}`,
    quiet: (ms) => `平静 ${ms >= 1000 ? `${(ms / 1000).toFixed(1)} 秒` : `${Math.round(ms)} 毫秒`}`,
    now: "现在",
    held: "定住",
    here: "台上这一刻",
    acked: "次心跳得到答复",
    lost: "丢失",
    short,
  },

  history: {
    title: "客户端历史",
    key: "键",
    none: "还没有客户端提过请求。启动负载，或写一个键。",
    fine: "✓ 线性一致",
    broken: "不是线性一致",
    open: {
      middle: "未判定：历史从中途开始",
      many: "未判定：同时的操作太多",
      beyond: "未判定：其中有事务",
    },
    jump: "跳到第一个错误",
    newest: "最新",
    put: (value) => `写 ${value}`,
    get: (value) => (value === "" ? "读" : `读 ${value}`),
    del: "删除",
    outcomes: {
      ok: "已答复",
      failed: "被拒绝：肯定没有生效",
      unknown: "没有答复：可能已生效",
      waiting: "等待答复",
    },
    opTitle: (o) => `${o.client}：${o.what}，${o.outcome}${o.why === "" ? "" : `（${o.why}）`}`,
    legend: {
      answered: "已答复；圆点是它生效之处",
      refused: "被拒绝：肯定没有生效",
      unknown: "没有答复：可能生效，也可能没有",
      order: "能解释每个答复的一种次序",
    },
  },

  load: {
    label: "自己干活的客户端",
    writers: "写者",
    readers: "读者",
    rate: "各",
    perSecond: (count) => `每秒 ${count} 次`,
    keys: "键",
    reads: "读法",
    linearizable: "先问多数派",
    serializable: "自己的副本",
    at: "经由",
    leader: "领导者",
    any: "轮流",
    start: "开始",
    stop: "停止",
    stress: "压力",
    stressTitle: "16 个写者，一个请求接一个请求",
    told: (answered, refused) =>
      `${answered.toLocaleString("en")} 次已答复${
        refused === 0 ? "" : `，${refused.toLocaleString("en")} 次没有`
      }`,
  },

  meters: {
    title: "仪表",
    how: "集群时间的最近 60 秒。",
    writes: "已答复的写入",
    second: "每秒",
    commit: "提交用时",
    half: (most) => `毫秒（一半），99% 在 ${most} 以内`,
    messages: "领导者发出的消息",
    bytes: "领导者发出的字节",
    kilobytes: "kB 每秒",
    syncs: "落盘次数，全体成员",
    elections: "选举",
    minute: "最近一分钟",
    wins: (name, term) => `最近一分钟；${name} 赢得任期 ${term}`,
    noLeader: (seconds) => `没有领导者，${seconds.toFixed(1)} 秒`,
    from: "−60 秒",
    now: "现在",
  },

  events: {
    title: "事件",
    kind: "种类",
    kinds: {
      all: "全部",
      told: "值得一说的",
      election: "选举",
      log: "日志",
      disk: "磁盘",
      operator: "你做的",
      client: "客户端",
    },
    member: "成员",
    everyone: "所有成员",
    find: "查找",
    count: (count) => `${count} 个事件`,
    at: "时间",
    what: "发生了什么",
    twin: "在真机上",
    jump: "回到这一刻",
    plain: plainEvent,
  },

  message: {
    label: "消息",
    close: "关闭",
    kinds: {
      propose: "提议",
      append: "追加日志",
      appendReply: "追加的答复",
      vote: "请求投票",
      voteReply: "投票的答复",
      preVote: "预投票请求",
      preVoteReply: "预投票的答复",
      snapshot: "快照",
      heartbeat: "心跳",
      heartbeatReply: "心跳的答复",
      transferLeader: "请求交出领导权",
      timeoutNow: "立刻竞选",
      readIndex: "读请求",
      readIndexReply: "读的答复",
    },
    flying: (ms) => `在途中，${ms} 毫秒后到`,
    landed: "已收到",
    lost: "途中丢失",
    says: "内容",
    sent: "发出",
    lands: "到达",
    wouldLand: "本应到达",
    size: "大小",
    bytes: (count) => `${count} 字节`,
  },
};
