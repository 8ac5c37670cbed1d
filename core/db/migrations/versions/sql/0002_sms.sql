CREATE TABLE sms_received (
  id VARCHAR(80) NOT NULL,
  address VARCHAR(16) NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  command VARCHAR(12),
  said JSONB NOT NULL,
  page SMALLINT NOT NULL,
  CONSTRAINT sms_received_pkey PRIMARY KEY (id)
);
COMMENT ON COLUMN sms_received.id IS 'the gateway''s own';
COMMENT ON COLUMN sms_received.address IS 'who sent it: E.164, or a name such as MTN, shortened';
COMMENT ON COLUMN sms_received.command IS 'what was understood; null for nothing';
COMMENT ON COLUMN sms_received.said IS 'what NEXT goes on from; never a text, never a PIN';
CREATE INDEX sms_received_address_at_idx ON sms_received (address, at);
CREATE INDEX sms_received_at_idx ON sms_received (at);

CREATE TABLE delivery_report (
  provider_id VARCHAR(80) NOT NULL,
  status VARCHAR(20) NOT NULL,
  rank SMALLINT NOT NULL,
  reason VARCHAR(60),
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT delivery_report_pkey PRIMARY KEY (provider_id)
);
COMMENT ON COLUMN delivery_report.provider_id IS 'the gateway''s id of the message; it may be reported before we know it';
COMMENT ON COLUMN delivery_report.rank IS 'a report never takes the place of one that ranks higher';
COMMENT ON COLUMN delivery_report.at IS 'of the report that counts';

CREATE TABLE stopped (
  address VARCHAR(64) NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT stopped_pkey PRIMARY KEY (address)
);

GRANT SELECT, INSERT, DELETE ON sms_received TO pamoja_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_report, stopped TO pamoja_app;
