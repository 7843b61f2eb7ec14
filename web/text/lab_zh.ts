// 规模实验室的中文，随它的页面加载。结构与 lab_en.ts 相同，由类型检查。

import { LAB_CHINESE, msText } from "../../core/lab/mod.ts";
import type { LabStrings } from "./lab_en.ts";

const number = (value: number) => value.toLocaleString("en");

export const labZh: LabStrings = {
  sentences: LAB_CHINESE,
  title: "需要几个成员？",
  subtitle: "写入需要多数成员同意。这一页的一切都由此而来。",

  measure: "全部实测",
  again: "再测一次",
  measureRest: "测完其余部分",
  cancel: "取消",
  progress: (percent) => `正在实测：${percent} %`,
  measuring: {
    idle: "目前只有公式，还没有实测。",
    pending: "接着实测这些设置。",
    cancelled: "已取消。测到的结果都还在。",
    done: (m) =>
      `已实测：${number(m.sets)} 种故障组合、${number(m.cuts)} 种切分、${number(m.writes)} 次写入，每种规模 ${
        number(m.years)
      } 年；种子 ${m.seed}`,
    noWorkers: "这个浏览器不给页面线程（worker），所以无法实测。公式不受影响。",
    failed: "我们自己出了错，实测中断。已有的结果都还在。",
  },

  up: {
    label: "每个成员正常的时间",
    value: (percent) => `${percent} %`,
    exact: "精确的百分比",
    notANumber: "请输入时间的百分比，从 0 到 100。",
    never: "成员从不正常，多少个也组不成集群。",
    always: "成员从不出故障，就不需要备用：一个和九个一样好。",
  },
  links: {
    label: "连接",
    names: { lan: "同一机架", zones: "三个可用区", regions: "三个地域", straggler: "一块慢盘" },
    notes: {
      lan: "单程 0.2–0.4 ms；磁盘 0.5–2 ms。",
      zones: "可用区之间单程 0.5–0.9 ms，成员轮流分布。",
      regions: "地域之间单程 32–75 ms，成员轮流分布。",
      straggler: "单程 0.2–0.4 ms；最后一个成员的磁盘要 40 ms。",
    },
  },
  shared: {
    label: "故障",
    names: { none: "互相独立", rack: "共用机架", zone: "共用可用区" },
    count: { none: "", rack: "个机架", zone: "个可用区" },
    up: "各正常",
    notes: {
      none: "一次坏一个，公式就是这样假设的。",
      rack: "同一机架的成员还会一起停。",
      zone: "同一可用区的成员还会一起停。",
    },
  },

  table: {
    caption: "1 到 9 个成员的容错：每个数字先给公式的结果，下面是实测的结果",
    members: "成员",
    quorum: "法定人数",
    mayLose: "可以失去",
    triangle: ["停了几个；每个方块是一种组合，", "实心表示写入仍能提交"],
    nines: ["有法定人数的时间，按几个 9：", "条：精确值，点：模拟的年份"],
    up: ["有法定", "人数"],
    down: ["每年", "停机"],
    cuts: ["两边都凑不齐", "的切分"],
    messages: ["每次写入", "的消息"],
    half: ["一半提交", "用时"],
    most: ["100 次中 99 次", "用时"],
    words: "一句话",
    none: "没有",
    of: (count, total) => `${count} / ${total}`,
    measured: (value) => `实测 ${value}`,
    agrees: "一致",
    near: "在随机误差内一致",
    outside: "在模拟年份的 95 % 区间之外，20 个里可以有 1 个",
    differs: "不一致",
    unmeasured: "还没有实测",
    inWords: [
      "没有备用",
      "不如一个",
      "最常用",
      "不如三个",
      "修理时也安全",
      "不如五个",
      "etcd 建议的上限",
      "不如七个",
      "很少值得",
    ],
    legend: "每个数字下面是实测：= 相同 · ≈ 在随机误差内相同 · ≠ 不同。箭头：模拟的年份里没有见到停机",
    triangleLabel: (size, tolerated, tried, total) =>
      `${size} 个成员：任意 ${tolerated} 个可以停；${total} 种组合已试 ${tried} 种`,
    ninesLabel: (
      exact,
      alone,
    ) => (alone === null ? `精确值 ${exact}` : `精确值 ${exact}；若互相独立则为 ${alone}`),
    livedLabel: (years, lived, low, high) => `模拟 ${years} 年：${lived}，95 % 区间 ${low} 到 ${high}`,
    notSeenLabel: (years, low) => `模拟 ${years} 年没有见到停机：至少 ${low}`,
    outline: "空心条：若故障互相独立",
    inside: (inside, total) =>
      `${total} 个精确值中有 ${inside} 个落在模拟年份的 95 % 区间里；20 个里可以有 1 个在外面。`,
    show: (size) => `显示 ${size} 个成员的集群`,
  },
  duration: (minutes) => {
    if (minutes >= 1440) return `${(minutes / 1440).toFixed(1)} 天`;
    if (minutes >= 60) return `${Math.floor(minutes / 60)} 小时 ${Math.floor(minutes % 60)} 分`;
    if (minutes >= 1) return `${minutes.toFixed(1)} 分钟`;
    if (minutes === 0) return "从不";
    return minutes * 60 >= 1 ? `${Math.round(minutes * 60)} 秒` : "不到 1 秒";
  },
  ms: msText,
  number,

  cluster: {
    title: (size) => `${size} 个成员的集群`,
    losing: (size, quorum, lost) =>
      lost === 0
        ? size === 1
          ? "它独自决定。它停了，就什么也决定不了。"
          : `两个都要正常：法定人数是 ${size} 个中的 ${quorum} 个。`
        : `任意 ${lost} 个可以停：其余 ${quorum} 个就是法定人数。`,
    ring: (size, lost) => `${size} 个成员，停了 ${lost} 个，仍有法定人数`,
    make: "建立它",
    ask: (size) => `新建 ${size} 个成员的集群？实验台里的集群和磁盘会被丢弃。`,
    startOver: "重新开始",
    keep: "保留原来的",
  },
  subsets: {
    title: "为什么四个不比三个安全",
    text:
      "成员停机的每一种可能。实线的环仍有法定人数：三个成员时 8 种中有 4 种，四个成员时 16 种中只有 5 种。",
    three: "三个",
    four: "四个",
  },
  messages: {
    title: "多一个成员，多一份消息",
    text: "领导者发给每个跟随者，每个跟随者回复：2(n − 1)。",
    formula: "公式",
    dots: "点：实测",
  },
  latency: {
    title: "等待的时间却不变",
    titleFar: "等待的时间取决于连接",
    text: "写入只等最快的一半，不等最慢的成员。",
    half: "一半比这快",
    most: "100 次中 99 次比这快",
    axis: (value) => `${value} ms`,
  },
  chartLabel: (title, values) => `${title}。按规模：${values}。`,

  chooser: {
    title: "您需要什么？",
    text: "满足全部要求的最小集群，以及理由。连接和成员的可用性用上面所设的。",
    failures: "要承受几个成员故障",
    failuresHint: "无论是哪几个",
    zone: "要承受失去任何一个可用区",
    besides: "同时再坏几个成员",
    zones: "有几个可用区可以放成员",
    zoneUp: "每个可用区正常的时间",
    target: "有法定人数的时间",
    any: "不限",
    within: "100 次写入中 99 次的提交用时上限，毫秒",
    notANumber: "请用数字填写毫秒上限，或者留空。",
    answer: (size) => `${size} 个成员`,
    placed: (counts, zones) => (zones === 1 ? "全在一个可用区" : `按 ${counts} 放在 ${zones} 个可用区`),
    impossible: "1 到 9 个成员都不能满足这些要求。",
    nearest: "最接近的也不行，因为：",
    because: "理由",
    costs: "代价，以及要知道的事",
    every: "每一种规模",
    advised: "就是它",
    works: "也可以",
    fails: "不行",
  },

  exports: {
    title: "带走结果",
    table: "表格，CSV",
    failures: "每种故障，CSV",
    years: "年份，CSV",
    picture: "图，SVG",
    link: "复制地址",
    copied: "已复制：打开它，就回到这些设置。",
    notCopied: "浏览器不让页面用剪贴板。地址栏里有同样的地址。",
    wait: "实测之后才有。",
  },
};
