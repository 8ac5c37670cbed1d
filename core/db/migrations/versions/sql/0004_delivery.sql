-- The place of a message in the lane of its address. Only what is still to be sent has one that matters.
ALTER TABLE outbox ADD COLUMN due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;
COMMENT ON COLUMN outbox.due_at IS 'when it was first due; with the id its place in the lane of its address';
UPDATE outbox SET due_at = CASE WHEN attempts = 0 THEN next_at ELSE created_at END WHERE state = 'ready';
CREATE INDEX outbox_lane_idx ON outbox (address, due_at, id) WHERE state = 'ready';

ALTER TABLE outbox ALTER COLUMN state TYPE VARCHAR(6);
ALTER TABLE outbox DROP CONSTRAINT known_outbox_state;
ALTER TABLE outbox ADD CONSTRAINT known_outbox_state CHECK (state IN ('ready','sent','dead','capped'));
COMMENT ON COLUMN outbox.state IS 'capped: it could be left out, and the group had used up the SMS of its month';
CREATE INDEX outbox_capped_idx ON outbox (group_id, id) WHERE state = 'capped';

ALTER TABLE attempt ADD COLUMN billed BIGINT;
ALTER TABLE attempt ADD COLUMN currency VARCHAR(3);
COMMENT ON COLUMN attempt.billed IS 'the cost in ten-thousandths of the currency; null where the gateway did not say';
COMMENT ON COLUMN attempt.currency IS 'ISO 4217';
UPDATE attempt SET billed = split_part(cost, ' ', 2)::numeric * 10000, currency = split_part(cost, ' ', 1)
WHERE cost ~ '^[A-Z]{3} \d{1,12}(\.\d{1,4})?$';
ALTER TABLE attempt ADD CONSTRAINT billed_in_a_currency CHECK ((billed IS NULL) = (currency IS NULL));

CREATE TABLE sms_spent (
  group_id BIGINT NOT NULL,
  month DATE NOT NULL,
  currency VARCHAR(3) NOT NULL,
  messages INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  again INTEGER NOT NULL,
  billed BIGINT NOT NULL,
  CONSTRAINT sms_spent_pkey PRIMARY KEY (group_id, month, currency)
);
COMMENT ON COLUMN sms_spent.group_id IS '0 where it concerns no group';
COMMENT ON COLUMN sms_spent.month IS 'its first day, where the group lives';
COMMENT ON COLUMN sms_spent.currency IS 'ISO 4217; XXX for what the gateway gave no cost of';
COMMENT ON COLUMN sms_spent.again IS 'of the messages, those that the phone may have twice: an earlier try was in doubt';
COMMENT ON COLUMN sms_spent.billed IS 'ten-thousandths of the currency';
CREATE INDEX sms_spent_month_idx ON sms_spent (month);
INSERT INTO sms_spent (group_id, month, currency, messages, segments, again, billed)
SELECT a.group_id, date_trunc('month', a.at AT TIME ZONE coalesce(g.timezone, 'UTC'))::date, coalesce(a.currency, 'XXX'),
       count(*), coalesce(sum(a.segments), 0), 0, coalesce(sum(a.billed), 0)
FROM attempt a LEFT JOIN savings_group g ON g.id = a.group_id WHERE a.outcome = 'sent' GROUP BY 1, 2, 3;
GRANT SELECT, INSERT, UPDATE ON sms_spent TO pamoja_app;

CREATE INDEX delivery_report_at_idx ON delivery_report (at);
