-- What was changed in inboxes after it had been sent, so that a stream that was away can hear of it.
--
-- A send is not written here. An inbox's revision grows by one with each notification that comes and with each row
-- of this table, so the row says by `head_seq` how many of the revisions up to its own were notifications: from
-- that, and from the numbers of the notifications themselves, every revision can be told again.
CREATE TABLE inbox_changes (
    user_id BIGINT NOT NULL,
    revision BIGINT NOT NULL,                   -- the inbox's, with this change
    head_seq BIGINT NOT NULL,                   -- the inbox's at that time
    kind BIGINT NOT NULL,                       -- 0 changed, 1 removed, 2 read at once, 3 more than can be told
    notification_id BIGINT,                     -- which; for 2 up to which, null: all
    happened_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, revision)
) WITHOUT ROWID;
CREATE INDEX inbox_changes_by_age ON inbox_changes (happened_at);

-- What was changed before this table was there cannot be told: whoever asks for it starts afresh. (By two, so that
-- it is never taken for the first change.)
UPDATE inboxes SET revision = revision + 2 WHERE revision <> head_seq;
INSERT INTO inbox_changes (user_id, revision, head_seq, kind, happened_at)
    SELECT user_id, revision, head_seq, 3, 0 FROM inboxes WHERE revision <> head_seq;
