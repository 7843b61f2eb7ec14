// 页面的全部中文。现在时；先成员，再原因，后结果；数字用阿拉伯数字。词汇表：领导者、跟随者、候选者、预候选者、任期、
// 法定人数、成员、学习者、日志、日志条目、提交、退位、拆墙。英文词只在第一次出现时放在括号里。

import { type Description, sentenceOf } from "../../core/script/sentences.ts";
import { CHINESE } from "../../core/script/sentences_zh.ts";
import { offlineZh } from "./offline_zh.ts";
import { runsZh } from "./runs_zh.ts";
import type { Fact, QuorumFact, Situation } from "../state/facts.ts";
import type { ShownRole } from "../state/reading.ts";
import type { Strings } from "./en.ts";
import { bold, PHRASE_BREAK as B, type Rich, termChip } from "./rich.ts";

const list = (names: readonly string[]) => names.join("、");
const term = (number: number) => termChip(`任期 ${number}`, number);

const roles: Record<ShownRole, string> = {
  leader: "领导者",
  follower: "跟随者",
  candidate: "候选者",
  "pre-candidate": "预候选者",
  learner: "学习者",
  stopped: "已停止",
  paused: "已暂停",
};

function caption(fact: Fact): Rich {
  switch (fact.kind) {
    case "asks":
      return fact.pre
        ? [bold(`${fact.name} 的计时器走完了。`), `${B}它先问问大家：${B}自己能否赢得`, term(fact.term), "。"]
        : [
          bold(`${fact.name} 请求大家`),
          `${B}在`,
          term(fact.term),
          `${B}投票给自己。${B}需要 ${fact.needed} 票，${B}已有自己的一票。`,
        ];
    case "leads":
      return [bold(`${fact.name} 成为`), term(fact.term), bold("的领导者，"), `${B}先写下一条${B}空日志。`];
    case "stepsDown":
      return [bold(`${fact.name} 听不到${B}法定人数，`), `${B}于是退位。`];
    case "laterTerm":
      return [bold(`${fact.name} 看到`), term(fact.term), `，${B}成为跟随者。`];
    case "votes":
      return fact.pre
        ? [
          bold(`${fact.voter} ${fact.granted ? "同意" : "不同意"}：`),
          `${B}${fact.candidate} 可以竞选`,
          term(fact.term),
          "。",
        ]
        : [
          bold(`${fact.voter} ${fact.granted ? "投票给" : "拒绝投票给"} ${fact.candidate}，`),
          B,
          term(fact.term),
          "。",
        ];
    case "counts":
      return [
        bold(`${fact.voter} ${fact.granted ? "同意" : "不同意"}。`),
        `${B}${fact.candidate} 需要 ${fact.needed} 票，${B}现在有 ${fact.have} 票。`,
      ];
    case "committed":
      return [
        bold(`${fact.label} 已写入 ${fact.size} 块磁盘中的 ${fact.disks} 块：${B}提交成功，`),
        `${B}客户端收到答复。`,
      ];
    case "overwritten":
      return [
        bold(
          fact.first === fact.last
            ? `${fact.name} 的第 ${fact.first} 条${B}从未提交，`
            : `${fact.name} 的第 ${fact.first} 至 ${fact.last} 条${B}从未提交，`,
        ),
        `${B}被领导者的日志覆盖。`,
      ];
    case "recovered":
      return [
        bold(`${fact.name} 回来了。`),
        `${B}`,
        term(fact.term),
        `和 ${fact.entryCount} 条日志${B}都从磁盘读回${fact.torn ? `，${B}末尾没写完的部分已剪掉` : ""}。`,
      ];
    case "snapshot":
      switch (fact.what) {
        case "taken":
          return [bold(`${fact.name} 把前 ${fact.index} 条日志`), `${B}收进快照。`];
        case "sent":
          return [bold(`${fact.name} 发送快照，`), `${B}到第 ${fact.index} 条为止：${B}它的日志已不够早。`];
        case "installed":
          return [bold(`${fact.name} 装入快照，`), `${B}到第 ${fact.index} 条为止，${B}取代自己的日志。`];
      }
      break;
    case "stopped":
      return [bold(`${fact.name} 停止：`), fact.why, "。"];
    case "operator":
      return operatorCaption(fact.verb, fact.names);
  }
  return [];
}

function operatorCaption(verb: Extract<Fact, { kind: "operator" }>["verb"], names: readonly string[]): Rich {
  const [a = "?", b = "?"] = names;
  switch (verb) {
    case "crash":
      return [bold(`${a} 崩溃了。`), `${B}内存丢失，${B}磁盘还在。`];
    case "restart":
      return [bold(`${a} 重新启动，`), `${B}正在读取磁盘。`];
    case "pause":
      return [bold(`${a} 停住了。`), `${B}它不听，也不回答。`];
    case "resume":
      return [bold(`${a} 继续运行，`), `${B}先处理积压的消息。`];
    case "elect":
      return [bold(`我们让 ${a} 的计时器${B}立刻走完。`), `${B}它自己请求当领导者。`];
    case "cut":
      return [bold(`${a} 与 ${b} 之间的${B}连接被切断。`), `${B}什么也过不去。`];
    case "cutOneWay":
      return [bold(`${b} 听不到 ${a} 了。`), `${B}${a} 仍能听到 ${b}。`];
    case "mend":
      return [bold(`${a} 与 ${b} 之间的${B}连接已恢复。`)];
    case "mendOneWay":
      return [bold(`${b} 又能听到 ${a} 了。`)];
    case "heal":
      return [bold("所有连接都已恢复。"), `${B}成员之间畅通无阻。`];
    case "put":
      return [bold(`客户端写入 ${a}。`), `${B}领导者要让它写进${B}法定人数的磁盘。`];
    case "del":
      return [bold(`客户端删除 ${a}。`), `${B}这也是一条日志条目。`];
  }
}

function situation(now: Situation): Rich {
  switch (now.kind) {
    case "leads":
      return now.size === 1
        ? [`${now.name} 是`, term(now.term), `的领导者。${B}它自己就是法定人数。`]
        : [`${now.name} 是`, term(now.term), `的领导者。${B}它的心跳让其他成员${B}不会另起选举。`];
    case "stale":
      return [
        `${now.name} 仍自认为是`,
        term(now.term),
        `的领导者，${B}但只听到 ${now.peers} 个成员中的 ${now.heard} 个。${B}它现在接受的写入${B}都无法提交。`,
      ];
    case "waiting":
      return [`现在没有领导者。${B}${now.next} 的计时器会最先走完。`];
    case "campaign":
      return [`还没有领导者。${B}候选者正在等票。`];
    case "noQuorum":
      return [
        `不够法定人数：${B}${now.size} 个成员中要有 ${now.needed} 个互相连通，${B}还差 ${now.missing} 个。${B}什么都无法提交。`,
      ];
    case "starting":
      return ["成员们正在打开各自的磁盘。"];
    case "elsewhere":
      return [`另一个标签页正在运行这个集群。${B}在那边关闭后，${B}这里就会恢复。`];
  }
}

function quorum(fact: QuorumFact): Rich {
  const head = bold(`法定人数（quorum）是 ${fact.size} 个中的 ${fact.needed} 个。`);
  if (fact.holders.length === 0) {
    return [head, `没有人达到：${fact.size} 个中只有 ${fact.upCount} 个在运行。`];
  }
  if (fact.whole) {
    if (fact.size === 1) return [head, "它独自决定，不能出故障。"];
    if (!fact.led) return [head, `${fact.size} 个都在，还没有领导者。`];
    return [
      head,
      fact.spare === 0 ? "全部互相连通，一个也不能少。" : `全部互相连通，可以再坏 ${fact.spare} 个。`,
    ];
  }
  const who = fact.holders.length > 4 ? `${fact.holders.length} 个成员` : list(fact.holders);
  return [head, `${who} 达到了，${fact.spare === 0 ? "一个也不能再少" : `还可以坏 ${fact.spare} 个`}。`];
}

export const zh: Strings = {
  htmlLang: "zh-Hans",
  title: "Flotilla：标签页里的 Raft 集群",
  caption,
  situation,
  quorum,
  roles,
  quorumShort: (needed, size) => `法定人数 ${needed} / ${size}`,
  termWord: (number) => `任期 ${number}`,

  nav: {
    label: "页面",
    learn: "课程",
    playground: "实验台",
    lab: "规模",
    attach: "连接",
    notLoaded: "这一部分没能加载。网络还通吗？",
  },

  top: {
    members: () => "个成员",
    fewer: "减少一个成员",
    more: "增加一个成员",
    startOverAsk: (size) => `新建 ${size} 个成员的集群？现有集群和它的磁盘会被丢弃。`,
    rulesAsk: (rules) => `按“${rules}”新建集群？现有集群和它的磁盘会被丢弃。`,
    startOver: "重新开始",
    keep: "保留现有的",
    rules: "规则",
    rulesNames: { etcd: "etcd 默认", textbook: "教科书 Raft" },
    rulesTitle: {
      etcd: "与 etcd 一样，开启 PreVote 和 CheckQuorum",
      textbook: "论文中的 Raft：没有 PreVote，也没有 CheckQuorum",
    },
    language: "语言",
    theme: { auto: "主题：跟随系统", light: "主题：浅色", dark: "主题：深色" },
    help: "按键与帮助",
    menu: "菜单",
  },

  stage: {
    label: "舞台",
    memberLabel: (m) => `${m.name}，${m.role}，任期 ${m.term}，已提交 ${m.commit} / ${m.last}`,
    linkLabel: (a, b) => `${a} 与 ${b} 之间的连接`,
    stale: "领导者，已过时",
    notes: {
      hears: (heard, peers) => `听到 ${peers} 个中的 ${heard} 个`,
      votes: (have, needed) => `已有 ${have} / ${needed} 票`,
      nearlyOut: "计时器快走完了",
      votedFor: (name) => `投给了 ${name}`,
      keeps: (count) => `磁盘上有 ${count} 条`,
      starting: "正在读取磁盘",
      refused: "拒绝运行",
      elsewhere: "在另一个标签页运行",
      still: "停住了",
    },
    waterLabel: (count, size) => `法定人数，${count} / ${size}`,
    paused: "已暂停",
    pausedBecause: { hidden: "标签页被隐藏，时钟已暂停", late: "电脑休眠或太忙，时钟已暂停" },
    resume: "继续",
    heal: "拆墙",
    healTitle: "恢复网络",
    count: (count) => `${count}`,
    tools: { label: "工具", select: "选择", knife: "剪刀：划过连接即可切断", write: "写一个键" },
    key: {
      title: "图例",
      open: "这些记号是什么意思",
      follower: "跟随者",
      candidate: "候选者",
      leader: "领导者",
      timer: "离选举还有多久",
      term: "任期",
      vote: "请求投票",
      append: "追加日志",
      heartbeat: "心跳",
      reply: "答复：是，否",
      stopped: "已停止",
    },
  },

  verbs: {
    crash: "崩溃",
    restart: "重启",
    pause: "暂停",
    resume: "恢复",
    isolate: "隔离",
    rejoin: "重新接入",
    elect: "发起选举",
    write: "写入",
    writeThrough: "经由它写入",
    forwards: (name) => `由 ${name} 转发`,
    cutBoth: "双向切断",
    cutOne: (from, to) => `${to} 听不到 ${from}`,
    mendOne: (from, to) => `${to} 又能听到 ${from}`,
    mendBoth: "恢复连接",
    off: {
      leads: (name) => `不可用：${name} 已是本任期的领导者。`,
      stopped: (name) => `不可用：${name} 已停止。`,
      paused: (name) => `不可用：${name} 停住了。`,
      starting: (name) => `不可用：${name} 正在启动。`,
      learner: "不可用：学习者没有投票权，不能当领导者。",
      alone: "不可用：没有别的成员。",
      elsewhere: "不可用：另一个标签页在运行这个成员。",
      notCut: "不可用：这条连接是通的。",
      cut: "不可用：这里已经不通了。",
    },
  },

  matrix: {
    label: "日志矩阵",
    index: "序号",
    onDisk: "写入磁盘",
    legendTitle: "某个成员手里的一条日志",
    memory: "只在内存",
    disk: "已在它的磁盘",
    committed: "它知道已提交",
    applied: "已应用到键值",
    match: "匹配",
    next: (leader) => (leader === null ? "下一条" : `下一条（${leader} 所见）`),
    snapshot: (index) => `≤ ${index}`,
    snapshotTitle: (index) => `第 ${index} 条及更早的在左边`,
    earlier: "更早",
    newest: "最新",
    edges: "边框的含义",
    cellLabel: (c) => `${c.name}，第 ${c.index} 条，任期 ${c.term}，${c.label}，${c.safety}`,
    entryLine: (index, disks, size) => `第 ${index} 条在 ${size} 块磁盘中的 ${disks} 块上。`,
    entryWhy: { safe: "已达法定人数：不会丢。", open: "它可能留下，也可能消失。" },
  },

  inspector: {
    label: "检查器",
    close: "关闭",
    tabs: { raft: "Raft", disk: "磁盘", keys: "键值", flags: "参数" },
    subtitle: (role, termNumber) => `${role}，任期 ${termNumber}`,
    none: "在舞台上选一个成员。",
    survives: "崩溃后仍在",
    forgotten: "崩溃就忘",
    wasForgotten: "崩溃时忘掉了：角色、谁是领导者、计时器、已应用到哪里。",
    term: "任期",
    votedFor: "投给了",
    nobody: "没有",
    logOnDisk: "磁盘上的日志",
    snapshotUpTo: "快照到",
    commit: "提交序号",
    role: "角色",
    leader: "领导者",
    unknown: "不知道",
    applied: "已应用",
    memoryOnly: "只在内存的日志",
    revision: "存储版本",
    hash: "全部键值的哈希",
    range: (first, last) => (last < first ? "空" : first === last ? `${first}` : `${first} – ${last}`),
    peers: "领导者眼中的其他成员",
    peer: "成员",
    mode: "方式",
    modes: { probe: "试探", replicate: "复制", snapshot: "快照" },
    matchHead: "匹配",
    nextHead: "下一条",
    heard: "听到",
    ms: (value) => `${value} ms`,
    never: "从未",
    links: "连接",
    linkStates: { open: "畅通", cut: "切断", cutOut: "它听不到", cutIn: "听不到它" },
    cut: "切断",
    mend: "恢复",
    linkToggle: (a, b, cut) => (cut ? `切断 ${a} 与 ${b}` : `恢复 ${a} 与 ${b}`),
  },

  keys: {
    title: "键值",
    key: "键",
    value: "值",
    at: "经由",
    any: "领导者",
    put: "写入",
    get: "读取",
    del: "删除",
    waiting: "正在等待答复……",
    putDone: (key, value, revision) => `${key}=${value} 已保存，版本 ${revision}。`,
    gotOne: (a) => `${a.key}=${a.value}，最后修改于版本 ${a.modRevision}，第 ${a.version} 次写入。`,
    gotNone: (key) => `没有键 ${key}。`,
    deleted: (
      key,
      count,
      revision,
    ) => (count === 0 ? `本来就没有键 ${key}。` : `${key} 已删除，版本 ${revision}。`),
    failed: (message) => `失败：${message}`,
    serializable: "读它自己的副本，哪怕过时",
    emptyKey: "键至少要有一个字符。",
    agree: (hash) => `运行中的成员键值一致：${hash}。`,
    differ: "此刻成员之间的键值不一致。",
  },

  drawers: {
    label: "抽屉",
    tabs: {
      spacetime: "时空图",
      history: "客户端历史",
      meters: "仪表",
      terminal: "终端",
      events: "事件",
    },
    workers: (count) => `${count} 个 Worker，就在这个标签页`,
    loading: "正在加载……",
  },

  time: {
    label: "时间",
    pause: "暂停时钟",
    run: "让时钟走",
    step: "走到下一个事件",
    speed: "速度",
    slider: "集群时钟的速度",
    auto: "自动",
    autoTitle: "等待时快进，选举时放慢",
    at: (seconds, event) => `集群时间 ${seconds} 秒 · 事件 ${event}`,
    seed: "种子",
    track: "发生过的事",
    start: "开始",
    leads: (name, number) => `${name} 领导任期 ${number}`,
    replayed: (count) => `重放了 ${count} 条日志`,
  },

  firstRun: {
    headline: `一个真正的${B} etcd 式集群，${B}就活在${B}这个标签页里。`,
    opening: (size) =>
      `${size} 个成员，${B}各有自己的线程（worker）${B}和磁盘。${B}计时器最先走完的${B}会请求投票。`,
    leads: (size, name) =>
      `${size} 个成员，${B}各有自己的线程（worker）${B}和磁盘。${B}${name} 是领导者（leader），${B}它的心跳让另外 ${
        size - 1
      } 个${B}不会另起选举。`,
    crash: "让领导者崩溃",
    countdown: (name, seconds) => `或者只看着：${name} 将在 ${seconds} 秒后崩溃`,
    skip: "直接进入实验台",
    gone: ["领导者没了。", "集群还在。"],
    waiting: (name) => [`${name} 断电了。${B}其他成员还在等它的心跳。`],
    asking: (name, number) => [`${name} 的计时器最先走完。${B}它请求大家在`, term(number), "投票给自己。"],
    after: (name, number, needed, size) => [
      `${name} 的计时器最先走完，${B}在`,
      term(number),
      `拿到了选票。${B}${size} 个中的 ${needed} 个${B}就是法定人数（quorum）。`,
    ],
    back: (name) => `让 ${name} 回来`,
    kept: (number, count) => `磁盘还在：任期 ${number}、它的投票和 ${count} 条日志。`,
    next: {
      break: ["自己动手弄坏它", "崩溃、暂停、切断连接"],
      write: ["写一个键", "看它写进法定人数的磁盘"],
      grow: ["换成五个成员", "新集群，可以坏两个"],
      open: "打开",
    },
    notes: {
      heartbeat: ["一次心跳。", "计时环重新填满。"],
      timer: (name) => ["剩下的时间。", `走完后，${name}`, "自己请求当领导者。"],
      term: (number) => [`任期 ${number}。`, "换了领导者，", "就换任期和颜色。"],
    },
    now: (scale) => `现在，速度是真实的 ${scale}`,
  },

  returned: {
    headline: (first, last, count) =>
      `${first === last ? first : `${first} – ${last}`} ${B}从磁盘重放了${B} ${count} 条日志。`,
    text: `它们还记得任期、投票和日志。${B}谁是领导者已经忘了：${B}计时器最先走完的会请求投票。`,
    textOne: `它还记得任期、投票和日志，${B}自己就能再当领导者。`,
    read: "从磁盘读回",
    entries: "日志",
    term: "任期",
    vote: "投票",
    commit: "提交",
    go: "继续",
    startOver: "清空磁盘，重新开始",
    sure: "确定丢弃磁盘？",
  },

  help: {
    title: "按键",
    close: "关闭",
    rows: [
      ["1 – 9", "选择成员"],
      ["Enter", "对它的操作"],
      ["X", "让它崩溃或重启"],
      ["Z", "暂停或恢复它"],
      ["E", "让它的计时器立刻走完"],
      ["C", "写一个键"],
      ["H", "恢复所有连接"],
      ["S", "时空图"],
      ["V", "客户端历史"],
      ["M", "仪表"],
      ["K", "终端"],
      ["L", "事件"],
      ["Space", "暂停时钟"],
      [".", "走到下一个事件"],
      ["[  ]", "慢一点，快一点"],
      ["0", "自动速度"],
      ["?", "这张表"],
      ["Esc", "关闭，取消选择"],
    ],
    console: "在浏览器控制台里，flotilla.help() 列出同样的操作，供脚本使用。",
    touch: "点一个成员或一条连接，看看能对它做什么。",
  },

  phone: {
    tabs: { lesson: "课程", stage: "舞台", log: "日志", member: "成员", keys: "键值" },
    crash: (name) => `让 ${name} 崩溃`,
    bringBack: (name) => `让 ${name} 回来`,
    heal: "恢复所有连接",
    waiting: "还没有领导者",
    verbs: "操作",
  },

  trouble: {
    title: "集群无法在这里运行。",
    noWorkers:
      "这个浏览器不给页面线程（worker），而每个成员都需要一个。请用新版的 Chrome、Firefox 或 Safari。",
    noIndexedDb: "这个浏览器不给页面磁盘（IndexedDB）。隐私窗口常常如此：请在普通窗口中打开。",
    noBroadcastChannel: "这个浏览器没有 BroadcastChannel，而它是成员之间的网络。请换用新版浏览器。",
    noLocks: "这个浏览器没有 Web Locks，无法防止两个标签页共用一块磁盘。请通过 https 或 localhost 打开页面。",
    quota: "浏览器给本站的存储空间已满。请腾出空间，或清空磁盘重新开始。",
    unknown: (message) => `我们自己出了错：${message}`,
    again: "再试一次",
    memberStopped: (name, why) => `${name} 没有运行：${why}`,
    dismiss: "知道了",
  },

  offline: offlineZh,
  runs: runsZh,
  /** An event as a sentence. */
  sentence: (description: Description) => sentenceOf(description, CHINESE),
};
