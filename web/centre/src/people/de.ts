import type { PeopleWords } from "./en";

export const de: PeopleWords = {
  hint: "Name oder E-Mail",
  nameHint: "Teil des Namens",
  none: "Niemand heißt so",
  user: (id) => `Benutzer #${id}`,
};
