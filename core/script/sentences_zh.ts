// 中文。现在时；先成员，再原因，后结果；数字用阿拉伯数字。词汇表与页面相同：领导者、跟随者、任期、法定人数、日志条目、提交、退位。

import type { CampaignCause, Sentences, VoteReason } from "./sentences.ts";

export const CHINESE: Sentences = {
  "role.leads": ({ member, term }) => `${member} 成为任期 ${term} 的领导者，先写下一条空日志。`,
  "role.asksFirst": ({ member, term, cause }) =>
    `${campaign(member, cause)}它先问大家：自己能否赢得任期 ${term}。`,
  "role.asks": ({ member, term, cause, again }) => {
    if (cause === "preVote") return `法定人数愿意投票给 ${member}。它请求大家在任期 ${term} 投票给自己。`;
    if (again) return `任期 ${term - 1} 没有人当选。${member} 请求大家在任期 ${term} 投票给自己。`;
    return `${campaign(member, cause)}它请求大家在任期 ${term} 投票给自己。`;
  },
  "role.starts": ({ member, term }) => `${member} 在任期 ${term} 以跟随者身份启动。`,
  "role.stepsDown": ({ member, term }) => `${member} 退位，留在任期 ${term} 做跟随者。`,
  "role.seesTerm": ({ member, term, led }) =>
    led ? `${member} 看到任期 ${term}，于是退位。` : `${member} 看到任期 ${term}，成为跟随者。`,
  "role.gaveUp": ({ member, term }) => `${member} 结束竞选，在任期 ${term} 做跟随者。`,
  "role.follows": ({ member, term, leader }) => `${member} 在任期 ${term} 跟随 ${leader}。`,
  "role.leaderless": ({ member, term }) => `${member} 在任期 ${term} 是跟随者，还不知道谁是领导者。`,
  "quorum.lost": ({ member }) => `${member} 在一个选举超时内听不到法定人数。`,
  "vote.ignored": ({ member, leader, ticks }) =>
    member === leader
      ? `${member} 正在领导，不理会拉票。`
      : `${member} 不理会拉票：它在 ${ticks} 个滴答前还听到领导者 ${leader}。`,
  "timer.set": ({ member, ticks }) => `${member} 等领导者 ${ticks} 个滴答。`,
  "vote.yes": ({ member, candidate, term }) => `${member} 在任期 ${term} 投票给 ${candidate}。`,
  "vote.no": ({ member, candidate, term, reason }) =>
    `${member} 在任期 ${term} 拒绝投票给 ${candidate}：${because(reason)}。`,
  "preVote.yes": ({ member, candidate, term }) => `${member} 愿意在任期 ${term} 投票给 ${candidate}。`,
  "preVote.no": ({ member, candidate, term, reason }) =>
    `${member} 不愿在任期 ${term} 投票给 ${candidate}：${because(reason)}。`,
  "tally.own": ({ member, have, needed, pre }) =>
    `${member} ${pre ? "愿意投票" : "投票"}给自己。${member} 需要 ${needed} 票，现在有 ${have} 票。`,
  "tally.yes": ({ member, voter, have, needed, pre }) =>
    `${voter} ${pre ? "会同意" : "同意"}。${member} 需要 ${needed} 票，现在有 ${have} 票。`,
  "tally.no": ({ member, voter, have, needed, pre }) =>
    `${voter} ${pre ? "不会同意" : "不同意"}。${member} 需要 ${needed} 票，现在有 ${have} 票。`,
  "log.appended": ({ member, first, last, term }) =>
    `${member} 追加任期 ${term} 的${entries(first, last)}日志。`,
  "log.overwritten": ({ member, first, last }) =>
    `${member} 的${entries(first, last)}从未提交，被领导者的日志覆盖。`,
  "log.committed": ({ member, index }) => `${member} 知道第 ${index} 条及之前的日志都已提交。`,
  "log.applied": ({ member, index, revision }) =>
    `${member} 应用到第 ${index} 条，数据到了修订版 ${revision}。`,
  "peer.probed": ({ member, peer, match, next }) =>
    `${member} 在找 ${peer} 的日志从哪里开始不同：${match} 相同，下一条试 ${next}。`,
  "peer.replicated": ({ member, peer, match, next }) =>
    `${member} 知道 ${peer} 已有第 ${match} 条，接着发第 ${next} 条。`,
  "peer.snapshot": ({ member, peer, next }) => `${member} 要先给 ${peer} 发快照，再发第 ${next} 条。`,
  "config": ({ member, voters, learners }) =>
    `${member} 认定的投票成员是 ${list(voters)}${
      learners.length === 0 ? "" : `，学习者是 ${list(learners)}`
    }。`,
  "config.joint": ({ member, voters, outgoing }) =>
    `${member} 需要两边的法定人数：${list(voters)}，以及 ${list(outgoing)}。`,
  "config.empty": ({ member }) => `${member} 还不知道有哪些投票成员。`,
  "refused": ({ member, what, why }) => `${member} 不接受 ${what}：${why}。`,
  "disk.empty": ({ member }) => `${member} 从空磁盘启动。`,
  "disk.recovered": ({ member, term, entryCount, snapshotIndex, tornBytes }) => {
    const snapshot = snapshotIndex > 0 ? `、到第 ${snapshotIndex} 条为止的快照和` : " 和";
    const torn = tornBytes > 0 ? `末尾没写完的 ${tornBytes} 字节已剪掉。` : "";
    return `${member} 回来了。任期 ${term}${snapshot} ${entryCount} 条日志都从磁盘读回。${torn}`;
  },
  "disk.writing": ({ member, bytes }) => `${member} 正在写入 ${bytes} 字节。`,
  "disk.durable": ({ member, index }) => `${member} 写完了，第 ${index} 条及之前的日志都在磁盘上。`,
  "promise.vote": ({ member, candidate, term }) => `${member} 已承诺在任期 ${term} 投票给 ${candidate}。`,
  "promise.entries": ({ member, index }) => `${member} 已告诉领导者：第 ${index} 条在自己的磁盘上。`,
  "promise.term": ({ member, term }) => `${member} 已在任期 ${term} 作答。`,
  "snapshot.taken": ({ member, index }) => `${member} 把前 ${index} 条日志收进快照。`,
  "snapshot.sent": ({ member, index, peer }) => `${member} 给 ${peer} 发送快照，到第 ${index} 条为止。`,
  "snapshot.installed": ({ member, index }) => `${member} 装入领导者的快照，到第 ${index} 条为止。`,
  "client.asked": ({ member, what }) => `客户端请求 ${member}：${what}。`,
  "client.answered": ({ member, outcome }) => `${member} 答复客户端：${outcome}。`,
  "stopped": ({ member, why }) => `${member} 停止：${why}。`,
};

function campaign(member: string, cause: CampaignCause): string {
  switch (cause) {
    case "timer":
      return `${member} 的计时器走完了。`;
    case "operator":
      return `我们让 ${member} 参加竞选。`;
    case "transfer":
      return `领导者把位置让给 ${member}。`;
  }
}

function because(reason: VoteReason): string {
  switch (reason.kind) {
    case "votedFor":
      return `它已投给 ${reason.other}`;
    case "follows":
      return `它正跟随 ${reason.leader}`;
    case "logBehind":
      return `它的日志到 ${reason.own}，候选者的只到 ${reason.candidate}`;
    case "newerTerm":
      return `它已在任期 ${reason.term}`;
    case "other":
      return reason.text;
  }
}

function entries(first: number, last: number): string {
  return first === last ? `第 ${first} 条` : `第 ${first} 至 ${last} 条`;
}

function list(names: readonly string[]): string {
  return names.join("、");
}
