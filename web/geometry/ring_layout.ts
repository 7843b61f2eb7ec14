// Where members stand: on one circle, in member order, the first at 12 o'clock and the others clockwise. Every mark
// about a peer (a vote dot, a contact segment, the gap a wall passes through) sits at that peer's own angle.

import { type Point, pointAt, round, TWELVE_O_CLOCK } from "./angles.ts";

export type LabelSide = "above" | "below" | "left" | "right";

export interface Place extends Point {
  /** Degrees; see angles.ts. */
  readonly angle: number;
  readonly labelSide: LabelSide;
}

export interface RingLayout {
  readonly centre: Point;
  /** Of the circle the members stand on; 0 for a single member. */
  readonly ringRadius: number;
  readonly discRadius: number;
  /** Strokes and paddings scale with it: disc radius / 34. */
  readonly scale: number;
  readonly places: readonly Place[];
}

/** `desktop`: words at the left. `tablet`: words below. `hero`: the large stage of a first visit. `phone`: a square. `strip`: half of it. */
export type StageForm = "desktop" | "tablet" | "hero" | "phone" | "strip";

export interface StageBox {
  readonly width: number;
  readonly height: number;
  readonly form: StageForm;
}

/** From a member's centre to the edge of its group's water, at scale 1. */
export const WATER_PAD = 58;
const DISC_RADIUS_MIN = 18;

interface FormRules {
  readonly ringRadiusMax: number;
  readonly ringPerHeight: number;
  readonly ringPerWidth: number;
  readonly discRadiusMax: number;
  /** Where the circle's centre lies, as a share of the width. */
  readonly centreShare: number;
  /** Room a label needs beyond a disc's centre, at the top and the bottom of the stage, at scale 1. */
  readonly topRoom: number;
  readonly bottomRoom: number;
}

const FORMS: Readonly<Record<StageForm, FormRules>> = {
  desktop: {
    ringRadiusMax: 178,
    ringPerHeight: 0.345,
    ringPerWidth: 0.16,
    discRadiusMax: 34,
    centreShare: 0.561,
    topRoom: 92,
    bottomRoom: 84,
  },
  tablet: {
    ringRadiusMax: 160,
    ringPerHeight: 0.345,
    ringPerWidth: 0.2,
    discRadiusMax: 34,
    centreShare: 0.5,
    topRoom: 92,
    bottomRoom: 84,
  },
  hero: {
    ringRadiusMax: 206,
    ringPerHeight: 0.275,
    ringPerWidth: 0.15,
    discRadiusMax: 58,
    centreShare: 0.611,
    topRoom: 70,
    // The names below the discs, and below those the button of whoever leads there.
    bottomRoom: 118,
  },
  phone: {
    ringRadiusMax: 130,
    ringPerHeight: 0.33,
    ringPerWidth: 0.335,
    discRadiusMax: 29,
    centreShare: 0.5,
    topRoom: 66,
    bottomRoom: 80,
  },
  strip: {
    ringRadiusMax: 74,
    ringPerHeight: 0.34,
    ringPerWidth: 0.2,
    discRadiusMax: 18,
    centreShare: 0.5,
    topRoom: 64,
    bottomRoom: 50,
  },
};

/** More members than this, and a phone names them beside a smaller ring. */
const CROWD = 5;
const CROWDED_PHONE: FormRules = {
  ...FORMS.phone,
  ringPerWidth: 0.27,
  discRadiusMax: 22,
  topRoom: 86,
  bottomRoom: 92,
};

export function ringAngles(memberCount: number): number[] {
  return Array.from({ length: memberCount }, (_, index) => TWELVE_O_CLOCK + (360 / memberCount) * index);
}

/**
 * Places for 1 to 9 members in `box`. The radii follow the design's rules; they shrink further when the labels above
 * and below would leave the stage.
 */
export function ringLayout(memberCount: number, box: StageBox): RingLayout {
  const form = box.form === "phone" && memberCount > CROWD ? CROWDED_PHONE : FORMS[box.form];
  const angles = ringAngles(memberCount);
  const lowest = Math.max(...angles.map((angle) => Math.sin((angle * Math.PI) / 180)));
  const wanted = Math.min(
    form.ringRadiusMax,
    form.ringPerHeight * box.height,
    form.ringPerWidth * box.width,
  );
  const discOf = (ringRadius: number) =>
    memberCount === 1 ? form.discRadiusMax : Math.max(
      Math.min(form.discRadiusMax, 0.62 * ringRadius * Math.sin(Math.PI / memberCount)),
      Math.min(DISC_RADIUS_MIN, form.discRadiusMax),
    );
  const room = (disc: number) => (form.topRoom + form.bottomRoom) * (disc / 34);
  const fitting = memberCount === 1 ? 0 : (box.height - room(discOf(wanted))) / (1 + lowest);
  const ringRadius = memberCount === 1 ? 0 : Math.max(Math.min(wanted, fitting), 40);
  const discRadius = discOf(ringRadius);
  const scale = discRadius / 34;

  const drawnHeight = ringRadius * (1 + lowest) + room(discRadius);
  const spare = Math.max(box.height - drawnHeight, 0);
  const centre = {
    x: round(box.width * (memberCount === 1 && box.form === "desktop" ? 0.55 : form.centreShare)),
    y: round(spare / 2 + form.topRoom * scale + ringRadius),
  };
  const places = angles.map((angle, index) => {
    const point = pointAt(centre, ringRadius, angle);
    const labelSide = labelSideOf({ angle, index, memberCount, form: box.form });
    return { x: round(point.x), y: round(point.y), angle, labelSide };
  });
  return { centre, ringRadius, discRadius, scale, places };
}

/**
 * Names stand outside the ring. Beside the disc there is room on a wide stage until the ring is crowded; members near
 * the top and the bottom of a crowded ring carry theirs above and below.
 */
function labelSideOf(
  place: { angle: number; index: number; memberCount: number; form: StageForm },
): LabelSide {
  const across = Math.cos((place.angle * Math.PI) / 180);
  if (place.form === "hero") return place.index === 0 ? "left" : "below";
  if (place.form === "phone" && place.memberCount <= CROWD) return place.index === 0 ? "right" : "below";
  if (place.index === 0) return place.form === "strip" ? "right" : "above";
  if (Math.abs(across) < 0.45 && place.memberCount > 3) return "below";
  return across < 0 ? "left" : "right";
}
