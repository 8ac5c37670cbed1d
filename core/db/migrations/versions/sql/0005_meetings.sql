ALTER TABLE meeting ADD COLUMN told_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;
COMMENT ON COLUMN meeting.told_at IS 'when members were last told of its time and place';
-- The clock asks every day, over all groups, what is due and who meets. Neither index begins like the key (see 0003).
CREATE INDEX meeting_called_idx ON meeting (starts_at, group_id, id) WHERE state = 'called';
CREATE INDEX instalment_due_idx ON instalment (due_on, group_id, loan_id, n);
-- A meeting that moves to another time asks its members again.
GRANT DELETE ON rsvp TO pamoja_app;
