import { safeLink } from "../../../../client/link";
import type { Notification } from "../../../../client/types";

/** A link beside the notification's own: to one of several records that it is about. */
export interface FurtherLink {
  label: string;
  url: string;
}

/** What of the metadata people read. */
export interface Facts {
  links: FurtherLink[];
  fields: Record<string, unknown>;
}

/** For programs, as in e-mails and cards: the record, and times that `when` and the message say to people. */
const FOR_PROGRAMS = ["module", "record_id", "late_seconds", "starts_at"];

/** Metadata as facts and links, without what is for programs only. */
export function factsOf({ metadata }: Notification): Facts {
  const links = linksOf(metadata?.links);
  const isHidden = (name: string) => FOR_PROGRAMS.includes(name) || (name === "links" && links !== null);
  const shown = Object.entries(metadata ?? {}).filter(([name]) => !isHidden(name));
  return { links: links ?? [], fields: Object.fromEntries(shown) };
}

/** Links that may be followed, each with its label; null where it is anything else, which is then shown as it came. */
function linksOf(value: unknown): FurtherLink[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const links = value.map(linkOf).filter((link) => link !== null);
  return links.length === value.length ? links : null;
}

function linkOf(value: unknown): FurtherLink | null {
  if (typeof value !== "object" || value === null) return null;
  const { label, url } = value as Record<string, unknown>;
  const isLink = typeof label === "string" && label.trim() !== "" && typeof url === "string" && safeLink(url);
  return isLink ? { label, url } : null;
}

/** The record that a notification is about; null where it names none. */
export function recordOf({ metadata }: Notification): { module: string; id: string } | null {
  const { module, record_id: id } = metadata ?? {};
  return typeof module === "string" && module && typeof id === "string" && id ? { module, id } : null;
}

/** The activity that a reminder is about; null for everything else. */
export function remindedOf(item: Notification): string | null {
  const record = item.type === "activity_reminder" ? recordOf(item) : null;
  return record?.module === "activities" ? record.id : null;
}
