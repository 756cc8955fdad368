import type { WhyWords } from "./en";

export const de: WhyWords = {
  title: "Warum bekomme ich das?",
  failed: "Das ließ sich nicht herausfinden",
  cause: "Was geschah",
  setting: "Die Einstellung",
  chosen: "Warum Sie",
  channels: "Wohin es ging",
  at: "Wann",
  record: "Der Datensatz",
  open: "Datensatz öffnen",
  centre: "Glocke",
  here: "hier",
  isOn: "an",
  isOff: "aus",
  empty: "nichts",
};
