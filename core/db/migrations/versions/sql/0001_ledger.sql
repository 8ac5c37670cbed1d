-- The law of the ledger, stated by the database itself.

-- Postings arrive in whole, balanced sets that hold the entry's first line; since line 1 exists once, an entry's
-- postings arrive in exactly one set, and none can be added later.
CREATE FUNCTION check_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM fresh GROUP BY book_id, entry_id
    HAVING sum(amount_minor) <> 0 OR count(*) < 2 OR min(line) <> 1
  ) THEN
    RAISE EXCEPTION 'an entry needs two postings or more that sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances', TABLE = 'posting';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entry_balances AFTER INSERT ON posting
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION check_entry_balances();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: correct it by a reversal', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON command_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is saved from a turn that another request has taken meanwhile fails, and its transaction with it.
CREATE FUNCTION overtaken() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'another request was quicker' USING ERRCODE = 'PM010';
END $$;

-- A book that is no group's takes its number from the groups' sequence, so that the two never meet.
CREATE FUNCTION open_book(p_id bigint, p_organisation bigint, p_name text, p_currency text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO book (id, organisation_id, name, currency)
  VALUES (coalesce(p_id, nextval(pg_get_serial_sequence('savings_group', 'id'))), p_organisation, p_name, p_currency)
  RETURNING id
$$;

-- Opening an account that exists gives the existing one.
CREATE FUNCTION open_account(p_book bigint, p_code text, p_kind text, p_member bigint, p_floor bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_id bigint;
BEGIN
  INSERT INTO account (book_id, code, kind, side, member_id, floor_minor)
  VALUES (p_book, p_code, p_kind, CASE WHEN p_kind IN ('asset', 'expense') THEN 1 ELSE -1 END, p_member, p_floor)
  ON CONFLICT (book_id, code) DO NOTHING RETURNING id INTO found_id;
  IF found_id IS NULL THEN
    SELECT id INTO STRICT found_id FROM account WHERE book_id = p_book AND code = p_code;
  END IF;
  RETURN found_id;
END $$;

-- Post one event once, in one round trip: claim the key, move the accounts in the order of their ids (so that two
-- postings never wait for each other in a ring), write the lines. The same key with the same content gives the entry
-- that stands; with other content it is refused (PM001). An account that the book does not have: PM002.
CREATE FUNCTION post_entry(
  p_book bigint, p_key text, p_kind text, p_actor bigint, p_effective_on date, p_recorded_at timestamptz,
  p_accounts bigint[], p_amounts bigint[],
  p_memo text DEFAULT NULL, p_reverses bigint DEFAULT NULL, p_command uuid DEFAULT NULL,
  OUT entry_id bigint, OUT fresh boolean, OUT balances bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  i int; b bigint; v bigint; versions bigint[];
  old_accounts bigint[]; old_amounts bigint[]; old entry;
BEGIN
  -- Money waits for the disk, whatever the turn around it does.
  PERFORM set_config('synchronous_commit', 'on', true);
  INSERT INTO entry (book_id, idempotency_key, kind, actor_id, effective_on, recorded_at, reverses, memo, command_id)
  VALUES (p_book, p_key, p_kind, p_actor, p_effective_on, p_recorded_at, p_reverses, p_memo, p_command)
  ON CONFLICT (book_id, idempotency_key) DO NOTHING RETURNING id INTO entry_id;
  fresh := entry_id IS NOT NULL;
  IF NOT fresh THEN
    SELECT * INTO old FROM entry e WHERE e.book_id = p_book AND e.idempotency_key = p_key;
    SELECT array_agg(p.account_id ORDER BY p.line), array_agg(p.amount_minor ORDER BY p.line),
           array_agg(p.balance_after_minor ORDER BY p.line)
      INTO old_accounts, old_amounts, balances
      FROM posting p WHERE p.book_id = p_book AND p.entry_id = old.id;
    IF (old.kind, old.effective_on, old.reverses, old_accounts, old_amounts)
       IS DISTINCT FROM (p_kind::varchar, p_effective_on, p_reverses, p_accounts, p_amounts) THEN
      RAISE EXCEPTION 'key % already names another entry', p_key USING ERRCODE = 'PM001';
    END IF;
    entry_id := old.id;
    RETURN;
  END IF;
  FOR i IN SELECT t.n FROM unnest(p_accounts) WITH ORDINALITY AS t(account, n) ORDER BY t.account, t.n LOOP
    UPDATE account SET balance_minor = balance_minor + p_amounts[i], version = version + 1
     WHERE book_id = p_book AND id = p_accounts[i]
     RETURNING balance_minor, version INTO b, v;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'book % has no account %', p_book, p_accounts[i] USING ERRCODE = 'PM002';
    END IF;
    balances[i] := b;
    versions[i] := v;
  END LOOP;
  INSERT INTO posting (book_id, entry_id, line, account_id, amount_minor, balance_after_minor, account_version)
  SELECT p_book, post_entry.entry_id, n, a, m, bal, ver
    FROM unnest(p_accounts, p_amounts, post_entry.balances, versions) WITH ORDINALITY AS t(a, m, bal, ver, n);
END $$;

-- Post many events of one kind at once, all of them new: each account moves once, by the sum, so that a batch over one
-- hot account stays linear (posted one by one in one transaction, each would walk all versions of the row before it).
-- p_entries says for each line which of p_keys it belongs to. A key that stands: one_event_one_entry. An account that the
-- book does not have: PM002. A floor holds after every entry, not only at the end: the detail names the key.
CREATE FUNCTION post_entries(
  p_book bigint, p_kind text, p_actor bigint, p_recorded_at timestamptz, p_command uuid,
  p_keys text[], p_days date[], p_memos text[], p_entries int[], p_accounts bigint[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE ids bigint[]; missing bigint; below text;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  ids := ARRAY(SELECT nextval(pg_get_serial_sequence('entry', 'id')) FROM generate_series(1, cardinality(p_keys)));
  INSERT INTO entry (book_id, id, idempotency_key, kind, actor_id, effective_on, recorded_at, memo, command_id)
  SELECT p_book, i, k, p_kind, p_actor, d, p_recorded_at, m, p_command FROM unnest(ids, p_keys, p_days, p_memos) AS t(i, k, d, m);
  PERFORM FROM account WHERE book_id = p_book AND id = ANY(p_accounts) ORDER BY id FOR UPDATE;
  SELECT t.id INTO missing FROM unnest(p_accounts) AS t(id)
   WHERE NOT EXISTS (SELECT FROM account a WHERE a.book_id = p_book AND a.id = t.id) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'book % has no account %', p_book, missing USING ERRCODE = 'PM002';
  END IF;
  INSERT INTO posting (book_id, entry_id, line, account_id, amount_minor, balance_after_minor, account_version)
  SELECT p_book, ids[t.entry], row_number() OVER (PARTITION BY t.entry ORDER BY t.n), a.id, t.amount,
         a.balance_minor + sum(t.amount) OVER (PARTITION BY a.id ORDER BY t.entry, t.n),
         a.version + row_number() OVER (PARTITION BY a.id ORDER BY t.entry, t.n)
    FROM unnest(p_entries, p_accounts, p_amounts) WITH ORDINALITY AS t(entry, account, amount, n)
    JOIN account a ON a.book_id = p_book AND a.id = t.account;
  SELECT p_keys[t.entry] INTO below
    FROM unnest(p_entries, p_accounts) WITH ORDINALITY AS t(entry, account, n)
    JOIN account a ON a.book_id = p_book AND a.id = t.account AND a.floor_minor IS NOT NULL
    JOIN posting p ON p.book_id = p_book AND p.entry_id = ids[t.entry] AND p.account_id = a.id
   WHERE a.side * p.balance_after_minor < a.floor_minor ORDER BY t.entry LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'an account would fall below its floor'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_overdraft', TABLE = 'account', DETAIL = below;
  END IF;
  UPDATE account a SET balance_minor = a.balance_minor + moved.sum, version = a.version + moved.postings
    FROM (SELECT account, sum(amount) AS sum, count(*) AS postings FROM unnest(p_accounts, p_amounts) AS t(account, amount) GROUP BY account) moved
   WHERE a.book_id = p_book AND a.id = moved.account;
END $$;

-- Undo an entry by its mirror; an entry is reversed once (one_reversal). No such entry: PM003.
CREATE FUNCTION reverse_entry(
  p_book bigint, p_entry bigint, p_key text, p_actor bigint, p_effective_on date, p_recorded_at timestamptz,
  p_memo text, p_command uuid DEFAULT NULL,
  OUT entry_id bigint, OUT fresh boolean, OUT balances bigint[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE accounts bigint[]; amounts bigint[]; was text;
BEGIN
  SELECT e.kind, array_agg(p.account_id ORDER BY p.line), array_agg(-p.amount_minor ORDER BY p.line)
    INTO was, accounts, amounts
    FROM entry e JOIN posting p ON p.book_id = e.book_id AND p.entry_id = e.id
   WHERE e.book_id = p_book AND e.id = p_entry GROUP BY e.kind;
  IF was IS NULL THEN
    RAISE EXCEPTION 'book % has no entry %', p_book, p_entry USING ERRCODE = 'PM003';
  END IF;
  SELECT r.entry_id, r.fresh, r.balances INTO entry_id, fresh, balances
    FROM post_entry(p_book, p_key, 'reversal', p_actor, p_effective_on, p_recorded_at, accounts, amounts, p_memo, p_entry, p_command) r;
END $$;

-- The application may read the ledger, and change it only through these functions.
REVOKE EXECUTE ON FUNCTION post_entry, post_entries, reverse_entry, open_book, open_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION post_entry, post_entries, reverse_entry, open_book, open_account TO pamoja_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pamoja_app;
GRANT INSERT, UPDATE ON organisation, savings_group, constitution, person, member, handset, pin, link_code,
  declaration, loan, instalment, meeting, rsvp, outbox, attempt, conversation TO pamoja_app;
GRANT DELETE ON conversation, link_code, handset, outbox TO pamoja_app;
-- A record is written once, by whoever asked, and never again; so is the mark of the pepper.
GRANT INSERT ON command_record, installation TO pamoja_app;
