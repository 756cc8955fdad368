/** Words of why one was sent a notification. */
export const en = {
  title: "Why did I get this?",
  failed: "That could not be found out",
  cause: "What happened",
  setting: "The setting",
  chosen: "Why you",
  channels: "Where it went",
  at: "When",
  record: "The record",
  open: "Open the record",
  centre: "Bell",
  here: "here",
  isOn: "on",
  isOff: "off",
  empty: "none",
};

export type WhyWords = typeof en;
