// 连接正在运行的集群：中文。

import type { AttachStrings } from "./attach_en.ts";

const figure = (value: number) => value.toLocaleString("zh-CN");

export const attachZh: AttachStrings = {
  title: "连接正在运行的集群",
  lede:
    "可以是 Flotilla 成员，也可以是真正的 etcd（3.4 及以上）。页面通过它们自己的 HTTP 接口询问，只画它们说出来的东西。",
  endpoints: "客户端 URL",
  endpointsHint: "一个或多个，用逗号分隔；不写协议就是 http",
  connect: "连接",
  nothingYet: "按下“连接”之前什么都不会问。之后的写入和删除都是真的。",
  example: "127.0.0.1:2379, 127.0.0.1:22379, 127.0.0.1:32379",
  otherwise: { lead: "手边没有集群？", snapshot: "打开一个快照", setup: "搭建一个" },
  needs: "需要什么",
  needItems: [
    "一个可以交谈的集群：本机上的三个 Flotilla 成员，或者你自己的 etcd。",
    "成员允许这个页面读取它们的回答。两者默认都允许；如果给过 --cors，其中必须有这个页面：",
    "浏览器能够到达的地址。从 https:// 打开的页面，只能向你自己的机器发 http:// 请求。",
    "前面放一道门也可以：所有成员共用一个地址，但一次只能看到其中一个成员。",
  ],
  traceNeed: "Flotilla 成员带这个参数启动时，还会说出投票、消息、计时器和日志：",

  troubles: {
    none: () => "请至少写出一个成员的客户端 URL。",
    tooMany: (max) => `最多 ${max} 个地址。`,
    notUrl: (text) => `“${text}”不是地址。请写成 127.0.0.1:2379 或 http://10.0.1.10:2379。`,
    scheme: (text) => `“${text}”：页面只能询问 http:// 和 https:// 地址。`,
    secret: (host) => `${host} 的地址里有用户名或密码，请去掉。`,
    path: (text) => `“${text}”：客户端 URL 到端口为止。`,
  },
  trouble(trouble) {
    switch (trouble.kind) {
      case "none":
        return attachZh.troubles.none();
      case "tooMany":
        return attachZh.troubles.tooMany(trouble.max);
      default:
        return attachZh.troubles[trouble.kind](trouble.text);
    }
  },

  silence: (why, host, origin) => {
    switch (why) {
      case "unreachable":
        return `${host} 没有回应。它可能停了，也可能是浏览器从这里到不了。`;
      case "timeout":
        return `${host} 接受了连接，但没有回答。`;
      case "cors":
        return `${host} 有回答，但不允许这个页面读取。请用 --cors='${origin}' 或 --cors='*' 启动该成员。`;
      case "mixed":
        return `这个页面是通过 https 打开的，浏览器不允许它询问 http://${host}。请从 http://localhost 打开页面，或者给成员配置 https。`;
      case "foreign":
        return `${host} 上回答的不是 etcd，或者它的 JSON 网关没有打开（--enable-grpc-gateway）。`;
      case "tooLarge":
        return `${host} 的回答太大，页面装不下。`;
    }
  },
  certificate: (url) => `浏览器信任它的证书吗？在新标签页打开 ${url}/version 看看。`,
  foreignCluster: (host) => `${host} 属于另一个集群，不计入。`,
  retry: "再问一次",
  newEndpoint: (host) => `也问 ${host}`,

  attachedTo: (host) => `已连接 · ${host}`,
  detach: "断开",
  quorum: (needed, voters) => `法定人数是 ${voters} 中的 ${needed}。`,
  quorumAnswers: (answering, needed) =>
    answering >= needed
      ? `${answering} 个有回答，${answering === needed ? "一个也不多" : `多出 ${answering - needed} 个`}。`
      : `这里只有 ${answering} 个有回答：就本页能到达的范围来看，不够。`,

  stage: "成员",
  roles: {
    leader: "领导者",
    follower: "跟随者",
    learner: "学习者",
    candidate: "候选者",
    preCandidate: "预候选者",
    silent: "没有回答",
    asking: "正在询问",
    notAsked: "未询问",
    unstarted: "未启动",
  },
  release: ({ etcd, flotilla }) => (flotilla === null ? `etcd ${etcd}` : `Flotilla ${flotilla}`),
  askedEvery: "每 0.5 秒问一次",
  perSecond: (count) => `每秒 ${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} 条`,
  linkUntold: "没有告知",
  tellsAll: "知道什么，立刻就说",
  silentFor: (seconds) => `${figure(seconds)} 秒没有回答`,
  memberLabel: ({ name, role, term, applied }) =>
    `${name}，${role}` + (term === null ? "" : `，任期 ${term}`) +
    (applied === null ? "" : `，已应用到 ${figure(applied)}`),

  words: {
    asking: ["正在询问。", "收到第一个回答后，就能画出集群。"],
    nobody: ["没有谁回答。", "页面会继续问，只要其中一个回答，就显示集群。"],
    noLeader: ["现在没有领导者。", "成员有回答，但没有谁知道领导者是谁。写入只能等待。"],
    whole: (leader, term, count) => [
      `${leader} 是任期 ${term} 的领导者。`,
      count === 1 ? "只有它一个成员，有回答。" : `${count} 个成员都有回答。`,
    ],
    partly: (leader, term, silent) => [
      `${leader} 是任期 ${term} 的领导者。`,
      `${silent.join("、")} 没有回答。是停了，还是只是我们到不了，页面无从判断。`,
    ],
  },
  key: {
    ring: "圆环：计时器已告知",
    dots: "虚点：有计时器，但没有告知",
    question: "?：停了，或者只是我们到不了",
  },

  log: {
    title: "日志：说了多少画多少",
    index: "索引",
    onDisk: "在磁盘上",
    upTo: (index) => `≤ ${figure(index)}`,
    applied: (index) => `它自己说已应用到 ${figure(index)}；有哪些条目，它不说`,
    appliedShort: (index) => `已应用到 ${figure(index)}`,
    more: "还有吗？没说",
    lastHeard: (seconds, applied, term) =>
      `最后一次听到是 ${figure(seconds)} 秒前：已应用到 ${figure(applied)}，任期 ${term}`,
    neverHeard: "从未听到",
    notAsked: "未询问",
    unstarted: "已加入名单，还没有启动",
    orMore: (known) => `至少 ${known}`,
    exactly: (known) => String(known),
    cell: ({ name, index, term, label }) => `${name}，第 ${figure(index)} 条，任期 ${term}：${label}`,
    legend: { bar: "只有一个数，没有条目", dotted: "没有告知", cell: "已告知、已应用的条目" },
    told: (name) => `${name} 说出的：任期、领导者、已应用索引、修订版本、数据库大小、成员、告警。`,
    never: "etcd 从不说出的：计时器、投票、消息、日志条目、磁盘上有什么。这些我们都不画。",
    allTold: "打开跟踪的 Flotilla 成员说出的：计时器、投票、消息，以及日志条目如何一步步变得安全。",
  },

  panes: { label: "显示什么", keys: "键", leases: "租约", members: "成员" },
  from: "读自",
  whoeverLeads: (name) => (name === "" ? "当前领导者" : `领导者 ${name}`),
  readFrom: (revision) => `修订版本 ${figure(revision)}`,
  keys: {
    prefix: "以此开头的键",
    all: "所有键",
    head: { key: "键", value: "值", revision: "修订版本" },
    shown: (
      shown,
      count,
    ) => (shown === count ? `${figure(count)} 个键` : `${figure(count)} 个键中的 ${figure(shown)} 个`),
    none: "这里没有键。",
    live: "一有变化就会显示。",
    notLive: "监听断开了，正在重新打开。",
    version: (version) => `第 ${figure(version)} 版`,
    changes: (changes) =>
      changes === 0
        ? "连接以来没有变化。它写于哪个任期，没有告知。"
        : `连接以来变化了 ${figure(changes)} 次。`,
    deleted: "已删除",
    lease: (id) => `绑定在租约 ${id} 上`,
    name: "键",
    value: "值",
    get: "读取",
    put: "写入",
    delete: "删除",
    warning: "这是你的集群：在这里写入就是真的写入。",
    done: {
      put: (key, revision) => `已写入 ${key}，修订版本 ${figure(revision)}。`,
      got: (key, value, revision) => `${key} 是“${value}”，自修订版本 ${figure(revision)} 起。`,
      nothing: (key) => `没有键 ${key}。`,
      deleted: (key, count) => (count === 0 ? `没有键 ${key} 可以删除。` : `已删除 ${key}。`),
    },
    needKey: "请先写出键。",
  },
  leases: {
    none: "没有租约。",
    left: (left, granted) => `还剩 ${left} 秒，共 ${figure(granted)} 秒`,
    answer: (name, age) => `${name} 的回答，${age} 秒前`,
    keys: (count) => `${figure(count)} 个键`,
    more: (shown, count) => `${figure(count)} 个租约中的 ${figure(shown)} 个`,
    notTold: "租约还剩多少，没有告知。",
  },
  members: {
    term: "任期",
    index: "已提交索引",
    applied: "已应用索引",
    revision: "修订版本",
    db: "数据库",
    dbValue: (total, used) => (used === null ? total : `${total}，其中 ${used} 在用`),
    health: "健康",
    healthy: "健康",
    unhealthy: "不健康",
    notTold: "没有告知",
    alarms: "告警",
    id: "编号",
    peerUrls: "对等 URL",
    remove: "移除",
    promote: "提升",
    removeAsk: (name) => `真的要把 ${name} 从你的集群移除吗？`,
    removeYes: "移除",
    keep: "保留",
    add: "添加成员",
    peerUrl: "它的对等 URL",
    asLearner: "作为学习者",
    addDo: "添加",
    added: (id) => `成员 ${id} 已在名单上。现在用 --initial-cluster-state existing 启动它。`,
    addedLearner: (id) =>
      `学习者 ${id} 已在名单上。现在用 --initial-cluster-state existing 启动它；追上进度后再提升。`,
    removed: (name) => `${name} 已从名单移除。`,
    promoted: (name) => `${name} 从现在起有投票权。`,
    needUrl: "请写出新成员将使用的对等 URL，例如 http://127.0.0.1:42380。",
    machine: "要让成员崩溃、暂停或重启，请到它的机器上操作：客户端端口不提供这些。",
  },
  refused: (name, says) => `${name} 拒绝：${says}`,

  time: {
    label: "连接以来",
    attached: (at, now) => `${at} 连接，现在 ${now}`,
    live: "实时",
    noSeed: "没有种子：不由我们重放",
    events: "发生了什么",
  },
  happening(what) {
    switch (what.kind) {
      case "attached":
        return what.members === 0 ? "已连接。" : `已连接到 ${figure(what.members)} 个成员。`;
      case "leads":
        return `${what.name} 成为任期 ${what.term} 的领导者。`;
      case "noLeader":
        return "没有领导者了。";
      case "silent":
        return `${what.name} 不再回答。`;
      case "back":
        return `${what.name} 又有回答了。`;
      case "added":
        return `${what.name} 加入了名单${what.isLearner ? "，作为学习者" : ""}。`;
      case "started":
        return `${what.name} 启动了。`;
      case "promoted":
        return `${what.name} 现在有投票权。`;
      case "removed":
        return `${what.name} 被移除了。`;
      case "voted":
        return what.name === what.candidate
          ? `${what.name} 在任期 ${what.term} 投票给自己。`
          : `${what.name} 在任期 ${what.term} ${what.granted ? "同意" : "不同意"} ${what.candidate}。`;
    }
  },
};
