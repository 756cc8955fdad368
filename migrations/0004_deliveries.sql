-- The ways out: what people chose, and what became of everything that was to leave the house.

-- How automated notifications reach a user beside the centre: email, webhook, both, none.
ALTER TABLE users ADD COLUMN receive_by TEXT NOT NULL DEFAULT 'email';
ALTER TABLE users ADD COLUMN webhook_url TEXT;              -- sealed: whoever has it can post in the user's name
ALTER TABLE users ADD COLUMN webhook_kind TEXT;             -- the channel where the user named one; null: told by the URL
ALTER TABLE users ADD COLUMN webhook_channel TEXT;          -- the channel that the URL is served by
ALTER TABLE users ADD COLUMN webhook_key TEXT;              -- keyed digest of the URL: what pacing and circuits go by
ALTER TABLE users ADD COLUMN webhook_generation BIGINT NOT NULL DEFAULT 1;  -- which signing secret is in force
ALTER TABLE users ADD COLUMN webhook_rotated_at BIGINT;     -- for a day after it the secret before it signs too
ALTER TABLE users ADD COLUMN webhook_failing_since BIGINT;  -- nothing but failures since then
ALTER TABLE users ADD COLUMN webhook_off_at BIGINT;         -- switched off for failing; saving the URL switches it on
ALTER TABLE users ADD COLUMN webhook_off_reason TEXT;
ALTER TABLE users ADD COLUMN quiet_hours TEXT;              -- JSON list of windows
ALTER TABLE users ADD COLUMN matrix TEXT;                   -- JSON: type -> channel family -> false

-- Records of which a user wants no e-mail and no webhook.
CREATE TABLE record_mutes (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    module TEXT NOT NULL,
    record_id TEXT NOT NULL,
    until BIGINT,                               -- null: until it is taken back
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, module, record_id)
) WITHOUT ROWID;

-- The administrator's settings: one row a group, JSON, secrets in it sealed.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL
) WITHOUT ROWID;

-- One notification on its way through one channel to one target: the outbox and the delivery log in one.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,                        -- UUIDv7; receivers see it and may drop what they have had
    notification_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    type TEXT NOT NULL,
    sending TEXT NOT NULL,                      -- automated, manual, reminder, api
    choice TEXT NOT NULL,                       -- the user's receive_by when it was decided
    channel TEXT NOT NULL,
    target TEXT NOT NULL,                       -- what pacing and circuits go by; nothing of an address is in it
    state TEXT NOT NULL,                        -- pending, sent, final, suppressed
    reason TEXT,                                -- why suppressed or final
    tries BIGINT NOT NULL DEFAULT 0,
    first_try BIGINT NOT NULL DEFAULT 0,        -- the tries before it was repeated by hand: the schedule runs anew
    due_at BIGINT NOT NULL,                     -- when to try; while a node tries: when its claim ends
    lease TEXT,                                 -- the node that tries now
    held BOOLEAN NOT NULL DEFAULT FALSE,        -- kept back by quiet hours: what was held goes out as one
    folded_into TEXT,                           -- the delivery that carried this one along
    fallback_of TEXT,                           -- the delivery that failed before this one
    mail TEXT,                                  -- JSON: cc, attachments
    created_at BIGINT NOT NULL,
    settled_at BIGINT
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'pending';
CREATE INDEX deliveries_by_user ON deliveries (user_id, id);
CREATE INDEX deliveries_by_notification ON deliveries (notification_id);
CREATE INDEX deliveries_by_state ON deliveries (channel, state, id);

CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    outcome TEXT NOT NULL,                      -- sent, later, never; unknown: its node died
    status BIGINT,                              -- what the target answered: HTTP or SMTP
    detail TEXT,                                -- up to 2 KiB of its words
    PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

-- What was ever accepted, counted as it was written, and what retention forgot since: with these the states of all
-- deliveries must sum up. Several rows a channel, so that writers do not wait for one.
CREATE TABLE delivery_totals (
    channel TEXT NOT NULL,
    part BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    forgotten_sent BIGINT NOT NULL,
    forgotten_final BIGINT NOT NULL,
    forgotten_suppressed BIGINT NOT NULL,
    PRIMARY KEY (channel, part)
) WITHOUT ROWID;
