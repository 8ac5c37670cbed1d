CREATE TABLE telegram_account (
  user_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  chat_id BIGINT NOT NULL,
  name VARCHAR(33) NOT NULL,
  bound_at TIMESTAMP WITH TIME ZONE NOT NULL,
  session VARCHAR(80),
  message_id BIGINT,
  CONSTRAINT telegram_account_pkey PRIMARY KEY (user_id),
  CONSTRAINT one_person_one_account UNIQUE (person_id),
  CONSTRAINT telegram_account_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id)
);
COMMENT ON COLUMN telegram_account.user_id IS 'Telegram''s number of the account: the only thing that identifies it';
COMMENT ON COLUMN telegram_account.chat_id IS 'the private chat';
COMMENT ON COLUMN telegram_account.name IS 'as the account called itself when it was bound; shown, never relied upon';
COMMENT ON COLUMN telegram_account.session IS 'the conversation that the chat stands in';
COMMENT ON COLUMN telegram_account.message_id IS 'the message whose buttons are live';

CREATE TABLE telegram_try (
  user_id BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT telegram_try_pkey PRIMARY KEY (user_id)
);
COMMENT ON COLUMN telegram_try.failures IS 'codes tried since the last right one, or since the last lock';
COMMENT ON COLUMN telegram_try.at IS 'of the last one that was looked at';

CREATE TABLE telegram_update (
  update_id BIGINT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT telegram_update_pkey PRIMARY KEY (update_id)
);
CREATE INDEX telegram_update_at_idx ON telegram_update (at);

GRANT SELECT, INSERT, UPDATE, DELETE ON telegram_account, telegram_try TO pamoja_app;
GRANT SELECT, INSERT, DELETE ON telegram_update TO pamoja_app;
