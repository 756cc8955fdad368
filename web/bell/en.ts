/** The bell's words in English, in the order of words.ts, one a line. */
export const en = `Mark as read
Mark as unread
Snooze
Archive
Notifications
Unread
All
Mark all as read
See all
Load older
Undo
You are all caught up
That did not work, try again
Sign in
Reconnecting…
new notification
new notifications`;
