-- Letters to people who are no users, among the deliveries: these have neither a user nor a notification, and 0 stands
-- where their numbers would.
ALTER TABLE deliveries ADD COLUMN recipient TEXT;           -- the address of somebody who is no user
ALTER TABLE deliveries ADD COLUMN subject TEXT;             -- what the letter is about, in a line
ALTER TABLE deliveries ADD COLUMN module TEXT;              -- the record that it is about
ALTER TABLE deliveries ADD COLUMN record_id TEXT;

-- How many letters an address was let have lately.
CREATE INDEX deliveries_by_recipient ON deliveries (LOWER(recipient), created_at)
    WHERE recipient IS NOT NULL AND state <> 'suppressed';
CREATE INDEX deliveries_by_record ON deliveries (module, record_id, id) WHERE module IS NOT NULL;
