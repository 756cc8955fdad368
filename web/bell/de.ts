import type { Words } from "./en";

/** What the bell says, in German. */
export const de: Words = {
  title: "Benachrichtigungen",
  unread: "Ungelesen",
  all: "Alle",
  readAll: "Alle als gelesen markieren",
  seeAll: "Alle ansehen",
  older: "Ältere laden",
  close: "Schließen",
  "mark-read": "Als gelesen markieren",
  "mark-unread": "Als ungelesen markieren",
  archive: "Archivieren",
  snooze: "Zurückstellen",
  undo: "Rückgängig",
  done: {
    "mark-read": "Als gelesen markiert",
    "mark-unread": "Als ungelesen markiert",
    archive: "Archiviert",
    snooze: "Zurückgestellt",
  },
  presets: ["In einer Stunde", "Heute Nachmittag", "Morgen", "Nächsten Montag"],
  empty: "Alles gelesen",
  failed: "Das hat nicht geklappt",
  retry: "Erneut versuchen",
  away: "Neu verbinden …",
  signedOut: "Sie sind abgemeldet",
  signIn: "Anmelden",
  news: ["neue Benachrichtigung", "neue Benachrichtigungen"],
};
