import type { CrmRecord } from "../../../../client/types";
import { LEADS } from "../crm.svelte";

/** What the status of a lead says once it was converted. */
const CONVERTED = "Converted";

/** Whether a record is a lead that was not converted yet. */
export function canConvert({ module, fields }: CrmRecord): boolean {
  return module === LEADS && fields.status !== CONVERTED;
}

/** Whether one can mute a record: the route takes ids of this form only. */
export function canMute({ id }: CrmRecord): boolean {
  return /^[\w-]{1,200}$/.test(id);
}
