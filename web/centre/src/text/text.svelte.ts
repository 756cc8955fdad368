import { de } from "./de";
import { en, type Catalogue } from "./en";

/** The languages that the centre speaks; the first stands in for all others. */
export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const CATALOGUES: Record<Language, Catalogue> = { en, de };

/** The language of ours that a tag such as `de-AT` asks for. */
export function spoken(tag: string): Language {
  const primary = tag.split("-")[0]?.toLowerCase();
  return LANGUAGES.find((language) => language === primary) ?? "en";
}

let tag = $state(navigator.language);
const catalogue = $derived(CATALOGUES[spoken(tag)]);

/** The words in force: `t().list.today`. */
export function t(): Catalogue {
  return catalogue;
}

/** The words in force of a part that has catalogues of its own, since it is loaded when it is first needed. */
export function wordsOf<Words>(catalogues: Record<Language, Words>): () => Words {
  return () => catalogues[spoken(tag)];
}

/**
 * The tag for `Intl`. Where a person's tag names no country, their browser's does: `en` alone would write dates as
 * in the United States.
 */
export function languageTag(): string {
  const language = spoken(tag);
  const isOf = (other: string) => other.split("-")[0]?.toLowerCase() === language;
  if (isOf(tag) && tag.includes("-")) return tag;
  return navigator.languages.find((other) => isOf(other) && other.includes("-")) ?? language;
}

/** Speaks the language of a tag from now on. */
export function speak(wish: string): void {
  tag = wish;
  document.documentElement.lang = spoken(wish);
}

/** What people call a type; an operator's own type is shown by its name. */
export function typeName(type: string): string {
  const known: Record<string, string> = t().types;
  return Object.hasOwn(known, type) ? (known[type] ?? type) : humanised(type);
}

/** What people call a channel. */
export function channelName(channel: string): string {
  const known: Record<string, string> = t().channels;
  return Object.hasOwn(known, channel) ? (known[channel] ?? channel) : humanised(channel);
}

/** `provision_job_id` as a person would write it. */
export function humanised(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_\s-]+/g, " ")
    .trim();
  const said = words.replace(/\b(id|url|ip|sla|api|vat|iban|sim)\b/gi, (word) => word.toUpperCase());
  return said ? said.charAt(0).toUpperCase() + said.slice(1) : name;
}
