/** Words of what leaves the house: for people's choices and for the delivery log. */
export const en = {
  /** Columns of a matrix */
  bell: "Bell",
  type: "Kind of notification",
  always: "always",
  families: { email: "E-mail", webhook: "Webhook" },
  cell: (type: string, channel: string) => `${type} by ${channel}`,
  all: (group: string, channel: string) => `All of ${group} by ${channel}`,

  groups: {
    assignments: "Assignments",
    tickets: "Tickets and service levels",
    activities: "Activities and dates",
    sales: "Orders and billing",
    services: "Services",
    system: "System",
    messages: "Messages",
    other: "Further kinds",
  },

  choices: { email: "e-mail", webhook: "webhook", both: "both", none: "only here" },

  states: { pending: "On its way", sent: "Sent", final: "Failed", suppressed: "Not sent" },

  outcomes: {
    sent: "arrived",
    later: "try again",
    never: "refused",
    unknown: "unknown: the server stopped meanwhile",
  },

  reasons: {
    choice: "the choice of channels leaves it out",
    narrowed: "it is switched off for this kind",
    muted: "the record is muted",
    no_url: "no address is stored for it",
    no_email: "there is no e-mail address",
    not_configured: "no mail server is set up",
    endpoint_off: "the address is switched off, since it kept failing",
    moved: "the address leads elsewhere by now, and it went there",
    read: "it was read before it was sent",
    archived: "it was archived before it was sent",
    deleted: "it was deleted before it was sent",
    user_gone: "the user is not there any more",
    folded: "another message carried it along",
    not_asked: "nobody asked for it this way",
    refused: "the other side refused it for good",
    loop: "the address got too many letters within a day, or is our own",
    exhausted: "every try failed",
  },

  milliseconds: (count: string) => `${count} ms`,
  seconds: (count: string) => `${count} s`,
};

export type DeliveryWords = typeof en;
