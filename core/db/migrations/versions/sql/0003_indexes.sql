-- Statements of turns are planned once on each connection (see core/db/engine.py), often while a table is new and nothing
-- is known of it. An index that begins like a key may then be taken for the key, and with it all rows of a channel, a
-- group or a book are read. So no index of a hot table begins with the same column as the key that its rows are found by.
DROP INDEX conversation_channel_address_started_at_idx;
CREATE INDEX conversation_address_started_at_idx ON conversation (address, started_at);
-- Nobody reads a group's records by their time; it would be an index of the hottest table.
DROP INDEX command_record_group_id_at_idx;
ALTER TABLE entry DROP CONSTRAINT one_reversal;
CREATE UNIQUE INDEX one_reversal ON entry (book_id, reverses) WHERE reverses IS NOT NULL;
ALTER TABLE member DROP CONSTRAINT one_number_one_member;
CREATE UNIQUE INDEX one_number_one_member ON member (number, group_id);
