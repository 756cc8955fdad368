/** What the bell says, in English. */
export const en = {
  title: "Notifications",
  unread: "Unread",
  all: "All",
  readAll: "Mark all as read",
  seeAll: "See all",
  older: "Load older",
  close: "Close",
  "mark-read": "Mark as read",
  "mark-unread": "Mark as unread",
  archive: "Archive",
  snooze: "Snooze",
  undo: "Undo",
  done: {
    "mark-read": "Marked as read",
    "mark-unread": "Marked as unread",
    archive: "Archived",
    snooze: "Snoozed",
  } as Record<string, string>,
  presets: ["In one hour", "This afternoon", "Tomorrow", "Next Monday"],
  empty: "You are all caught up",
  failed: "That did not work",
  retry: "Try again",
  away: "Reconnecting…",
  signedOut: "You are signed out",
  signIn: "Sign in",
  news: ["new notification", "new notifications"],
};

export type Words = typeof en;
