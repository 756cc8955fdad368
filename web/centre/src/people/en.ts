/** Words for choosing people. */
export const en = {
  hint: "Name or e-mail",
  nameHint: "Part of the name",
  none: "Nobody of this name",
  user: (id: number) => `User #${id}`,
};

export type PeopleWords = typeof en;
