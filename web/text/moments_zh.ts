// 著名时刻的中文文本，随页面一起加载；结构与 `moments_en.ts` 相同。

import type { MomentsStrings } from "./moments_en.ts";

export const momentsZh: MomentsStrings = {
  title: "著名时刻",
  lede:
    "每一个都是真实的运行：在模拟器上排演，停在最有意思的地方。可以继续、倒回去，也可以动手改变它，那就成了你自己的分支。",
  open: "去看",
  opening: "正在布置舞台……",
  unknown: (slug) => `没有叫“${slug}”的时刻。现有的都在这里。`,
  failed: (why) => `这个时刻没能排演出来：${why}。`,
  all: "全部时刻",
  next: "下一个时刻",
  facts: (members, rules) => `${members} 个成员 · ${rules === "etcd" ? "etcd 规则" : "教科书规则"}`,
  still: (title) => `${title}：各成员、谁听得见谁，以及各日志的末尾`,
  groups: {
    elections: "选举",
    logs: "日志",
    disks: "磁盘与成员",
  },
  moments: {
    "split-vote": {
      title: "选票瓜分",
      sentence: "两个成员在同一毫秒发起选举，五票各得两票，任期 3 永远不会有领导者。",
      watch: "让时间继续：重新抽到的超时打破平局，下一个任期就有了领导者。",
    },
    "stale-leader": {
      title: "同时有两个领导者",
      sentence: "infra1 和一个跟随者被切开，还以为自己在领导；infra3 已在更高的任期里领导并提交。",
      watch: "看只有 infra1、infra2 持有的那条日志：网络恢复后它被放弃，而从没有人被告知它已安全。",
    },
    "clean-cut-of-four": {
      title: "四个成员对半切开",
      sentence: "四个成员切成二比二：哪一半都凑不齐三个，没有领导者，什么也写不进去。",
      watch: "第四个成员在这里没有换来容错。接通网络，看谁当选。",
    },
    "chained-partition": {
      title: "五个成员排成一条链",
      sentence: "每个成员只听得见邻居；中间的 infra3 仍数得到三个，两端徒劳地拉票。",
      watch: "两端的计时器一次次到点；有预投票在，任期没有因此白白增加。",
    },
    "pre-vote-saves-a-term": {
      title: "预投票省下一个任期",
      sentence: "infra3 被切断，问了四次“我能赢吗”，任期仍是 2。",
      watch: "让它回来：它直接跟随，领导者毫无察觉。再和下一个时刻对比。",
    },
    "without-pre-vote": {
      title: "没有预投票会怎样",
      sentence: "infra3 被切断后独自把任期数到了 6；它一回来，健康的领导者只好下台。",
      watch: "接着是一场没人需要的选举。所以 etcd 在增加任期之前先问一声。",
    },
    "leadership-handed-over": {
      title: "移交领导权",
      sentence: "infra1 让 infra2 立刻参选；选票还在路上，infra1 仍在领导。",
      watch: "不必等任何计时器到点：写入只停一轮投票的时间，而不是一个选举超时。",
    },
    "an-entry-given-up": {
      title: "被放弃的日志条目",
      sentence: "x=2 在旧领导者的磁盘上，没有到达任何人，正被新领导者的条目取代。",
      watch: "打开 infra1 的磁盘：旧记录还在，后面的记录说明它已不算数。",
    },
    "figure-7": {
      title: "Raft 论文图 7",
      sentence: "七份日志，任期逐格与论文相同，停在最上面的成员当选前的一瞬。",
      watch:
        "这里的任期都大 1，因为集群自己的头几条占了任期 1。慢慢往下走：领导者逐条找到每份日志相同的位置，再让其余部分与自己一致。",
    },
    "figure-8": {
      title: "图 8：多数都有，仍然丢了",
      sentence: "五个成员中有三个把任期 2 的条目写进了磁盘，infra5 却把它替换掉：它从未提交。",
      watch: "所以领导者只为自己任期的条目数磁盘。往回拖动，可以看完四幕。",
    },
    "stale-read": {
      title: "陈旧的读",
      sentence: "infra3 被切断，刚刚对一次串行化读（serializable）回答了 x=old，而 x=new 已经提交。",
      watch: "同样的读改成线性一致（linearizable），就在 infra3 处等着，直到网络接通。",
    },
    "snapshot-catch-up": {
      title: "日志没了，给你快照",
      sentence: "infra3 睡得太久：它需要的条目已被截掉，领导者把整个状态发给它。",
      watch: "看快照到达，infra3 的日志从快照之后重新开始。",
    },
    "torn-write": {
      title: "写到一半断了电",
      sentence: "infra3 正在写时断电；它已回来，发现了撕裂的尾部并把它截掉。",
      watch: "没有人被告知那条撕裂的条目已安全，所以什么也没丢：领导者会再发一次。",
    },
    "disk-rot": {
      title: "翻转的一个比特",
      sentence: "infra3 关机期间日志里有一个比特变了，它拒绝启动：损坏不同于撕裂的尾部。",
      watch: "另外两个照常工作。要让 infra3 回来该做什么，写在它的卡片上。",
    },
    "removed-leader": {
      title: "领导者移除自己",
      sentence: "infra1 自己的移除已经提交；它领导着最后一刻，计数时已不算自己。",
      watch: "它离开，infra2 接手，从此两个成员中的两个才是法定人数。",
    },
    "half-switch": {
      title: "坏了一半的交换机",
      sentence: "所有人都听得见 infra1，infra1 谁也听不见。它刚刚放下领导权。",
      watch: "若没有 CheckQuorum，它会永远领导下去却什么也提交不了，而心跳让所有人的计时器都走不到头。",
    },
  },
};
