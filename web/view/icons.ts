// Line icons on a 16 px square, drawn with 1.5 px strokes. Only controls carry them; data has its own marks.

export interface IconPart {
  readonly d: string;
  readonly solid?: true;
}

const circle = (x: number, y: number, r: number) =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

export const ICONS = {
  play: [{ d: "M5 3.2v9.6l8-4.8z", solid: true }],
  pause: [{ d: "M5.5 3.8v8.4M10.5 3.8v8.4" }],
  step: [{ d: "M4.5 3.5v9l6-4.5z", solid: true }, { d: "M12.3 3.8v8.4" }],
  back: [{ d: "M11.5 3.5v9L5.5 8z", solid: true }, { d: "M3.7 3.8v8.4" }],
  link: [{
    d: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.7l-.7.7M9.2 6.8a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.7l.7-.7",
  }],
  close: [{ d: "M4 4l8 8M12 4l-8 8" }],
  crash: [{ d: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6" }],
  down: [{ d: "M4.5 6.5L8 10l3.5-3.5" }],
  next: [{ d: "M8 4l4 4-4 4M3.5 4l4 4-4 4" }],
  plus: [{ d: "M8 3.5v9M3.5 8h9" }],
  minus: [{ d: "M3.5 8h9" }],
  theme: [{ d: circle(8, 8, 5) }, { d: "M8 3a5 5 0 0 1 0 10z", solid: true }],
  light: [{ d: circle(8, 8, 3) }, {
    d: "M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M12.5 3.5l-1.1 1.1M4.6 11.4l-1.1 1.1",
  }],
  dark: [{ d: "M12.8 9.6A5.2 5.2 0 0 1 6.4 3.2a5.2 5.2 0 1 0 6.4 6.4z" }],
  help: [{ d: "M6 6.3A2 2 0 1 1 8.6 8.2c-.4.2-.6.5-.6.9v.4M8 11.9v.1" }],
  timer: [{ d: circle(8, 8.8, 4.7) }, { d: "M8 6.2v2.6l1.7 1M6.6 2.2h2.8" }],
  write: [{ d: "M3 13l.7-2.9 7-7 2.2 2.2-7 7zM9.3 4.5l2.2 2.2" }],
  knife: [{ d: circle(4.2, 4.4, 1.9) }, { d: circle(4.2, 11.6, 1.9) }, {
    d: "M5.9 5.4L13.4 11.6M5.9 10.6L13.4 4.4",
  }],
  wall: [{ d: "M5.6 1.8v12.4M10.4 1.8v12.4M5.6 4.4h4.8M5.6 8h4.8M5.6 11.6h4.8" }],
  heal: [{ d: "M3 8h10M10 5l3 3-3 3M6 5L3 8l3 3" }],
  drop: [{ d: circle(8, 8, 5) }, { d: "M4.5 11.5l7-7" }],
  cursor: [{ d: "M4 2.5l8.5 5.5-4 .8-2.2 3.7z", solid: true }],
  more: [{ d: "M3.5 8h.01M8 8h.01M12.5 8h.01" }],
  menu: [{ d: "M2.8 4.5h10.4M2.8 8h10.4M2.8 11.5h10.4" }],
  stage: [{ d: circle(8, 3.6, 1.9) }, { d: circle(3.6, 11, 1.9) }, { d: circle(12.4, 11, 1.9) }],
  log: [{
    d: "M2 3.5h3.4v3.4H2zM6.3 3.5h3.4v3.4H6.3zM10.6 3.5H14v3.4h-3.4zM2 9h3.4v3.4H2zM6.3 9h3.4v3.4H6.3z",
  }],
  member: [{ d: circle(8, 8, 4.6) }, { d: "M8 1.6A6.4 6.4 0 0 1 14.4 8" }],
  copy: [{ d: "M5.5 5.5h7v7h-7z" }, { d: "M10.5 3.5h-7v7" }],
  lesson: [{
    d: "M8 4.2C6.6 3.2 4.6 3 2.5 3.2v9c2.1-.2 4.1 0 5.5 1 1.4-1 3.4-1.2 5.5-1v-9C11.4 3 9.4 3.2 8 4.2zM8 4.2v9",
  }],
  keys: [{ d: circle(5, 11, 2.4) }, { d: "M6.8 9.2L13 3M10.6 5.4l1.9 1.9" }],
} satisfies Record<string, readonly IconPart[]>;

export type IconName = keyof typeof ICONS;
