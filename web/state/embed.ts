// A page inside a page: `?embed=1`, before or behind the `#`, leaves out everything around the picture and its time.

import { placeOf } from "../router.ts";

export const isEmbedded: boolean = new URL(location.href).searchParams.get("embed") === "1" ||
  placeOf(location.hash).query.get("embed") === "1";
