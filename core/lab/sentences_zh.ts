// 中文。先说事实，再说由此而来的结果；数字用阿拉伯数字；用词与页面相同：成员、法定人数、写入、提交、领导者、跟随者。

import { type LabSentences, msText, percentText } from "./sentences.ts";

const dealt = (counts: readonly number[]) => counts.join(" + ");

export const LAB_CHINESE: LabSentences = {
  "refused.noMembers": () => "集群至少要有 1 个成员。",
  "refused.size": ({ size, sizeMax }) => `实验室只计算 1 到 ${sizeMax} 个成员的集群，不计算 ${size} 个。`,
  "refused.availability": ({ availability }) => `${availability} 不是时间的比例：它必须在 0 和 1 之间。`,
  "refused.shared": ({ memberAvailability, shared }) =>
    `机架和可用区本身只有 ${percentText(shared)} 的时间正常，其中的成员不可能有 ${
      percentText(memberAvailability)
    }。`,
  "refused.repair": ({ hours, hoursMax }) => `修复时间要大于 0、不超过 ${hoursMax} 小时，不能是 ${hours}。`,
  "refused.span": ({ minMs, maxMs }) =>
    `不能用 ${minMs} 到 ${maxMs} 毫秒的延迟：它从 0 起，最多 1000 毫秒，以 0.01 毫秒为单位。`,
  "refused.places": ({ placeCount }) =>
    `成员分布在 1 到 9 个地点，每两个地点之间有距离，不能是 ${placeCount} 个。`,
  "refused.zones": ({ zoneCount, zoneCountMax }) =>
    `请选择 1 到 ${zoneCountMax} 个可用区，不能是 ${zoneCount} 个。`,
  "refused.failures": ({ failures }) => `要承受的故障数是 0 或更多，不能是 ${failures}。`,
  "refused.target": ({ target }) => `${target} 不能作为可用性目标：它至少是 0，并且小于 1。`,
  "refused.latency": ({ limitMs }) => `${limitMs} 毫秒的上限没有给写入留下时间。`,

  "enough.failures": ({ failures, size, quorum }) =>
    `${size} 个成员能承受 ${failures} 个故障：还剩 ${size - failures} 个，法定人数是 ${quorum}。`,
  "enough.zone": ({ counts, left, size, quorum }) =>
    `按 ${
      dealt(counts)
    } 分布，失去任何一个可用区后，${size} 个成员中至少还剩 ${left} 个；法定人数是 ${quorum}。`,
  "enough.zoneAndFailures": ({ counts, failures, left, quorum }) =>
    `按 ${
      dealt(counts)
    } 分布，失去任何一个可用区再加 ${failures} 个故障后，至少还剩 ${left} 个；法定人数是 ${quorum}。`,
  "enough.availability": ({ availability, target, downMinutesPerYear }) =>
    `它有 ${percentText(availability)} 的时间达到法定人数，每年约停 ${
      Number(downMinutesPerYear.toPrecision(2))
    } 分钟；您要求 ${percentText(target)}。`,
  "enough.latency": ({ p99Ms, limitMs }) =>
    `无论领导者在哪里，100 次写入中有 99 次在 ${msText(p99Ms)} 内提交；您允许 ${msText(limitMs)}。`,
  "enough.alone": () => "您的要求，单个成员就能满足。",

  "cost.messages": ({ size, messages }) =>
    messages === 0
      ? "单个成员写入时不发送消息。"
      : `每次写入要 ${messages} 条消息：发给 ${size - 1} 个跟随者，再各收一条回复。`,
  "cost.latency": ({ p50Ms, p99Ms }) =>
    `领导者在最不利的位置时，一半的写入在 ${msText(p50Ms)} 内提交，100 次中有 99 次在 ${
      msText(p99Ms)
    } 内提交。`,
  "cost.overSeven": ({ size, messages }) =>
    `etcd 建议不超过 7 个：有 ${size} 个成员时，领导者每次写入要处理 ${messages} 条消息，要等的成员也更多。`,
  "note.independent": () => "这里假设成员各自独立地发生故障。共用机架和可用区会让结果更差。",
  "note.oneZone": ({ size }) => `全部 ${size} 个成员都在一个可用区里，会随它一起停止。`,
  "note.allInOne": ({ zoneCount }) =>
    `全放在一个可用区，比分散到 ${zoneCount} 个更少停机：只有 2 个可用区时，法定人数总离不开成员较多的那个，分散只是多了一种失败的可能。`,

  "not.failures": ({ size, tolerated, failures }) =>
    `${size} 个成员只能承受 ${tolerated} 个故障，承受不了 ${failures} 个。`,
  "not.oneZone": () => "只有一个可用区时，失去它就失去全部成员。",
  "not.twoZones": ({ size, larger, left, quorum }) =>
    `两个可用区做不到失去任何一个都能继续：总有一个至少占一半。${size} 个成员中它有 ${larger} 个或更多，另一个最多 ${left} 个，而法定人数是 ${quorum}。`,
  "not.zone": ({ size, counts, left, quorum }) =>
    `即使按 ${dealt(counts)} 分布，${size} 个成员失去一个可用区后可能只剩 ${left} 个；法定人数是 ${quorum}。`,
  "not.zoneAndFailures": ({ size, counts, failures, left, quorum }) =>
    `即使按 ${
      dealt(counts)
    } 分布，${size} 个成员失去一个可用区再加 ${failures} 个故障后，可能只剩 ${left} 个；法定人数是 ${quorum}。`,
  "not.availability": ({ size, availability, target }) =>
    `${size} 个成员最多有 ${percentText(availability)} 的时间达到法定人数；您要求 ${percentText(target)}。`,
  "not.latency": ({ size, p99Ms, limitMs }) =>
    `${size} 个成员时，100 次写入中的 99 次最长要 ${msText(p99Ms)} 才提交；您允许 ${msText(limitMs)}。`,
  "not.even": ({ size, tolerated }) =>
    `${size} 个成员能承受的并不比 ${size - 1} 个多（都是 ${tolerated} 个故障），却多了一个会出故障的成员。`,
  "not.larger": ({ size, messages }) => `${size} 个成员也可以，但每次写入要 ${messages} 条消息。`,
};
