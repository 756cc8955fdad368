// What the bell says. A word is found by its place, which the names below stand for: catalogues with keys would
// weigh more than the bell can carry. A test holds that they are equally long.

/** From here on: what each of ACTIONS in row.ts does, in their order. */
export const DOES = 0;
export const TITLE = 4;
export const UNREAD = 5;
export const ALL = 6;
export const READ_ALL = 7;
export const SEE_ALL = 8;
export const OLDER = 9;
export const UNDO = 10;
export const EMPTY = 11;
export const FAILED = 12;
export const SIGN_IN = 13;
export const AWAY = 14;
/** After a number: one, and several. */
export const NEW_ONE = 15;
export const NEW_MANY = 16;
