// What the page says of its own copy in this browser, in English.

export const offlineEn = {
  newer: "A new version of Flotilla is here.",
  kept: "Members keep their disks; the page loads anew.",
  take: "Load it",
  later: "Later",
};
