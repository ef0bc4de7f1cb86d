SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.article_passages (
    source integer NOT NULL,
    article bigint NOT NULL,
    day integer NOT NULL,
    recipe integer NOT NULL,
    version bigint NOT NULL,
    passages bytea NOT NULL,
    words bytea NOT NULL,
    title bytea NOT NULL
);
CREATE TABLE public.articles (
    id bigint NOT NULL,
    source integer NOT NULL,
    story bigint NOT NULL,
    guid text NOT NULL,
    guid_hash bigint NOT NULL,
    url text,
    url_key text,
    url_hash bigint,
    title text NOT NULL,
    authors text DEFAULT ''::text NOT NULL,
    published_claimed text,
    published bigint,
    published_from text NOT NULL,
    effective bigint NOT NULL,
    first_seen bigint NOT NULL,
    last_absent bigint,
    last_seen bigint,
    updated bigint,
    raw_sha256 bytea NOT NULL,
    text_sha256 bytea NOT NULL,
    text_hash bigint,
    tokens integer NOT NULL,
    relation text NOT NULL,
    similarity double precision NOT NULL,
    reason text NOT NULL,
    marks text DEFAULT ''::text NOT NULL,
    credit text,
    language text,
    dropped bigint
);
CREATE TABLE public.candidate_keys (
    slot bigint NOT NULL,
    article bigint NOT NULL
);
CREATE TABLE public.changes (
    id bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    story bigint NOT NULL,
    article bigint NOT NULL,
    no integer NOT NULL,
    details text NOT NULL
);
CREATE SEQUENCE public.changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.changes_id_seq OWNED BY public.changes.id;
CREATE TABLE public.configuration (
    version integer NOT NULL,
    origin text NOT NULL,
    digest text NOT NULL,
    content text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.constraints (
    correction integer NOT NULL,
    a bigint NOT NULL,
    b bigint NOT NULL,
    together boolean NOT NULL
);
CREATE TABLE public.corrections (
    id integer NOT NULL,
    kind text NOT NULL,
    story bigint NOT NULL,
    other bigint NOT NULL,
    author text NOT NULL,
    at bigint NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    before text NOT NULL,
    undone bigint,
    undone_by text
);
CREATE SEQUENCE public.corrections_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.corrections_id_seq OWNED BY public.corrections.id;
CREATE TABLE public.cursors (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.daemons (
    owner text NOT NULL,
    roles text NOT NULL,
    started bigint NOT NULL,
    until bigint NOT NULL,
    polls bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.expected (
    no integer NOT NULL,
    reader integer NOT NULL,
    source integer NOT NULL,
    guid_hash bigint,
    url_hash bigint,
    read boolean NOT NULL,
    starred boolean NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE public.expected_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.expected_no_seq OWNED BY public.expected.no;
CREATE TABLE public.fingerprints (
    article bigint NOT NULL,
    recipe integer NOT NULL,
    signature bytea NOT NULL,
    evidence bytea NOT NULL,
    bands bytea NOT NULL
);
CREATE TABLE public.fresh_keys (
    slot bigint NOT NULL,
    article bigint NOT NULL
);
CREATE TABLE public.guesses (
    key bytea NOT NULL,
    times integer NOT NULL,
    last bigint NOT NULL
);
CREATE TABLE public.hosts (
    name text NOT NULL,
    not_before bigint,
    free_from bigint,
    struck_by integer,
    struck_until bigint
);
CREATE TABLE public.icons (
    site text NOT NULL,
    due bigint NOT NULL,
    fetched bigint,
    url text,
    type text,
    content bytea,
    error text
);
CREATE TABLE public.inbox (
    no integer NOT NULL,
    source integer NOT NULL,
    at bigint NOT NULL,
    content bytea NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.inbox_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.inbox_no_seq OWNED BY public.inbox.no;
CREATE TABLE public.instance (
    one smallint NOT NULL,
    uuid character varying(36) NOT NULL,
    last_article bigint DEFAULT 0 NOT NULL,
    last_story bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    topics text DEFAULT ''::text NOT NULL,
    tokens text DEFAULT ''::text NOT NULL,
    created bigint,
    recipe text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_instance_one CHECK ((one = 1)),
    CONSTRAINT ck_instance_story CHECK ((last_story < '2147483648'::bigint))
);
CREATE TABLE public.notices (
    id bigint NOT NULL,
    rule text NOT NULL,
    target text NOT NULL,
    story bigint NOT NULL,
    body text NOT NULL,
    at bigint NOT NULL,
    due bigint,
    attempts integer DEFAULT 0 NOT NULL,
    sent bigint,
    error text DEFAULT ''::text NOT NULL
);
CREATE SEQUENCE public.notices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.notices_id_seq OWNED BY public.notices.id;
CREATE TABLE public.pages (
    source integer NOT NULL,
    entry bigint NOT NULL,
    guid text NOT NULL,
    raw_sha256 bytea NOT NULL,
    url text NOT NULL,
    at bigint NOT NULL,
    text text,
    text_hash bigint,
    attempts integer NOT NULL,
    retry_at bigint,
    error text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.passages (
    source integer NOT NULL,
    hash bigint NOT NULL,
    articles integer NOT NULL,
    day integer NOT NULL,
    learnt boolean DEFAULT false NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    sample text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.reader_story (
    reader integer NOT NULL,
    story bigint NOT NULL,
    read boolean,
    starred boolean DEFAULT false NOT NULL,
    tags text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    changed bigint NOT NULL
);
CREATE TABLE public.readers (
    no integer NOT NULL,
    name text NOT NULL,
    read_through bigint DEFAULT 0 NOT NULL,
    added bigint
);
CREATE SEQUENCE public.readers_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.readers_no_seq OWNED BY public.readers.no;
CREATE TABLE public.recipes (
    no integer NOT NULL,
    name text NOT NULL
);
CREATE SEQUENCE public.recipes_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.recipes_no_seq OWNED BY public.recipes.no;
CREATE TABLE public.revisions (
    article bigint NOT NULL,
    no integer NOT NULL,
    until bigint NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    raw_sha256 bytea NOT NULL,
    text_sha256 bytea NOT NULL
);
CREATE TABLE public.search (
    article bigint NOT NULL,
    words tsvector NOT NULL,
    title tsvector DEFAULT ''::tsvector NOT NULL
);
CREATE TABLE public.sign_ins (
    hash bytea NOT NULL,
    reader text NOT NULL,
    kind text NOT NULL,
    bound bytea NOT NULL,
    about text DEFAULT ''::text NOT NULL,
    created bigint NOT NULL,
    seen bigint NOT NULL
);
CREATE TABLE public.sources (
    no integer NOT NULL,
    id text NOT NULL,
    configured_url text NOT NULL,
    title text NOT NULL,
    grp text NOT NULL,
    language text,
    authority integer DEFAULT 0 NOT NULL,
    agency boolean DEFAULT false NOT NULL,
    paywall boolean DEFAULT false NOT NULL,
    fold_scope text DEFAULT 'all'::text NOT NULL,
    fold_threshold double precision,
    paused boolean DEFAULT false NOT NULL,
    removed boolean DEFAULT false NOT NULL,
    url text NOT NULL,
    host text NOT NULL,
    next_due bigint NOT NULL,
    next_reason text DEFAULT ''::text NOT NULL,
    not_before bigint,
    lease_owner text,
    lease_until bigint,
    etag text,
    last_modified text,
    body_sha256 bytea,
    added bigint,
    last_polled bigint,
    last_success bigint,
    failures bigint DEFAULT 0 NOT NULL,
    error_kind text,
    error text,
    http_status integer,
    elapsed double precision,
    wire_bytes bigint DEFAULT 0 NOT NULL,
    polls bigint DEFAULT 0 NOT NULL,
    moved_to text,
    moved_seen bigint DEFAULT 0 NOT NULL,
    gone boolean DEFAULT false NOT NULL,
    format text,
    feed_title text,
    site_url text,
    feed_language text,
    hub text,
    self_url text,
    hints text DEFAULT ''::text NOT NULL,
    boilerplate_version bigint DEFAULT 0 NOT NULL,
    lost bigint DEFAULT 0 NOT NULL,
    fingerprinted bigint DEFAULT 0 NOT NULL,
    patterns text DEFAULT ''::text NOT NULL,
    paused_until bigint,
    rhythm bytea,
    tempo integer
);
CREATE SEQUENCE public.sources_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.sources_no_seq OWNED BY public.sources.no;
CREATE TABLE public.stories (
    id bigint NOT NULL,
    canonical bigint NOT NULL,
    published bigint NOT NULL,
    updated bigint NOT NULL,
    placed bigint NOT NULL,
    merged_into bigint,
    text bigint,
    link bigint
);
CREATE TABLE public.story_links (
    article bigint NOT NULL,
    other bigint NOT NULL,
    relation text NOT NULL,
    similarity double precision NOT NULL
);
CREATE TABLE public.story_topics (
    topic text NOT NULL,
    story bigint NOT NULL
);
CREATE TABLE public.subscriptions (
    source integer NOT NULL,
    token text NOT NULL,
    secret text NOT NULL,
    hub text NOT NULL,
    topic text NOT NULL,
    pending text,
    due bigint NOT NULL,
    lease_until bigint,
    tries bigint DEFAULT 0 NOT NULL,
    missed bigint DEFAULT 0 NOT NULL,
    pushes bigint DEFAULT 0 NOT NULL,
    pushed bigint,
    error text
);
CREATE TABLE public.sync_places (
    view smallint NOT NULL,
    story bigint NOT NULL,
    stream integer NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.sync_streams (
    no integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL
);
CREATE SEQUENCE public.sync_streams_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.sync_streams_no_seq OWNED BY public.sync_streams.no;
CREATE TABLE public.tallies (
    source integer NOT NULL,
    settled boolean NOT NULL,
    articles bigint NOT NULL,
    copies bigint NOT NULL,
    shared bigint NOT NULL,
    first bigint NOT NULL
);
CREATE TABLE public.texts (
    article bigint NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    content text DEFAULT ''::text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    categories text DEFAULT ''::text NOT NULL,
    enclosures text DEFAULT ''::text NOT NULL,
    boilerplate text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.ties (
    article bigint NOT NULL,
    other bigint NOT NULL,
    kind smallint NOT NULL,
    probability double precision NOT NULL,
    shared integer NOT NULL,
    said double precision NOT NULL
);
CREATE TABLE public.tokens (
    no integer NOT NULL,
    hash bytea NOT NULL,
    fever bytea NOT NULL,
    name text NOT NULL,
    reader text NOT NULL,
    scope text NOT NULL,
    created bigint NOT NULL,
    used bigint,
    revoked bigint
);
CREATE SEQUENCE public.tokens_no_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.tokens_no_seq OWNED BY public.tokens.no;
ALTER TABLE ONLY public.changes ALTER COLUMN id SET DEFAULT nextval('public.changes_id_seq'::regclass);
ALTER TABLE ONLY public.corrections ALTER COLUMN id SET DEFAULT nextval('public.corrections_id_seq'::regclass);
ALTER TABLE ONLY public.expected ALTER COLUMN no SET DEFAULT nextval('public.expected_no_seq'::regclass);
ALTER TABLE ONLY public.inbox ALTER COLUMN no SET DEFAULT nextval('public.inbox_no_seq'::regclass);
ALTER TABLE ONLY public.notices ALTER COLUMN id SET DEFAULT nextval('public.notices_id_seq'::regclass);
ALTER TABLE ONLY public.readers ALTER COLUMN no SET DEFAULT nextval('public.readers_no_seq'::regclass);
ALTER TABLE ONLY public.recipes ALTER COLUMN no SET DEFAULT nextval('public.recipes_no_seq'::regclass);
ALTER TABLE ONLY public.sources ALTER COLUMN no SET DEFAULT nextval('public.sources_no_seq'::regclass);
ALTER TABLE ONLY public.sync_streams ALTER COLUMN no SET DEFAULT nextval('public.sync_streams_no_seq'::regclass);
ALTER TABLE ONLY public.tokens ALTER COLUMN no SET DEFAULT nextval('public.tokens_no_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0020');
INSERT INTO public.article_passages VALUES (1, 1, 20786, 1, 0, '\x7bfd37e2b5b43d9f', '\x3900', '\x53e69b2bf2ad222d8b66742b53e69b2b4314be2b6d5b02e20405368076f50cf7');
INSERT INTO public.article_passages VALUES (1, 2, 20786, 1, 0, '\x9b610cf59188dbb7', '\x2e00', '\xa3ef25a4c2db2cbd8b66742bc46ee8133054c8b353e69b2bcbe0eddc');
INSERT INTO public.article_passages VALUES (2, 3, 20786, 1, 0, '\x088f2b92f20855ed', '\x3300', '\x6d5b02e2f2ad222df10510e217cc385e');
INSERT INTO public.article_passages VALUES (2, 4, 20786, 1, 0, '\x3de47e4832b27dd7', '\x2700', '\x100d811dcddfcbbd8f7579df53e69b2bbbdf7476715be94a');
INSERT INTO public.articles VALUES (2, 1, 2, 'harbour-1', 3021505762793520793, 'http://127.0.0.1/harbour/1', 'https://127.0.0.1/harbour/1', -5537705314534558991, 'A bridge of rope for the schoolchildren', '', 'Sun, 29 Nov 2026 07:11:24 GMT', 1795936284000000, 'feed', 1795936284000000, 1795936285282787, NULL, NULL, NULL, '\x4819b22e0685018fac52e83cb5a88711ddcf094d5b6a5a05ffbc1c2601dbed27', '\x2e766bebf237ad8da3f4d3471779b4af0e17a84f9c077dc8d8b31fb1486ec300', 3347982034121764237, 53, 'original', 1, 'first', '', NULL, 'en', NULL);
INSERT INTO public.articles VALUES (4, 2, 3, 'islands-1', 1375550445154048732, 'http://127.0.0.1/islands/1', 'https://127.0.0.1/islands/1', 8435331962244982131, 'Eels return to the mill pond', '', 'Sun, 29 Nov 2026 07:11:26 GMT', 1795936286000000, 'feed', 1795936286000000, 1795936286641179, NULL, NULL, NULL, '\x1c98b1967759bd6fd05661801eab19dae939fad1c442c84cf58a3831c2dd0364', '\x6c538731edfb6a95cec9d0641537a63e3f13e5ffeebb39e4c15b9573e48048f9', 7805731227679025813, 45, 'original', 1, 'first', '', NULL, 'en', NULL);
INSERT INTO public.articles VALUES (3, 2, 4, 'islands-0', 2014413987899782524, 'http://127.0.0.1/islands/0', 'https://127.0.0.1/islands/0', 4809283706428405173, 'Harbour bell is back', '', 'Sun, 29 Nov 2026 07:11:26 GMT', 1795936286000000, 'feed', 1795936286000000, 1795936286641179, NULL, NULL, NULL, '\x65b482d42927a5e3fb5d2d226a4b9190655068447805340b702a5f42c45f8d78', '\xf76cbdba8a6101128becaccd51c6b2d716c055b0ebc0e756b6ff90ddf3f707b8', -617910439973420782, 55, 'original', 1, 'corrected', '', NULL, 'en', NULL);
INSERT INTO public.articles VALUES (1, 1, 1, 'harbour-0', 4955452123298706429, 'http://127.0.0.1/harbour/0', 'https://127.0.0.1/harbour/0', 952338869819520302, 'The bell of the lower harbour rings again', '', 'Sun, 29 Nov 2026 07:11:24 GMT', 1795936284000000, 'feed', 1795936284000000, 1795936285282787, NULL, NULL, NULL, '\x9b700b2a5ec13440bbe6ef37880ed9b59b33483e854b7e086e8adcc6b51d3697', '\xa51e646ec98d1c61dcf532202d8cd0e2c713b888da22ccee6556a66d131624ab', -6548686381159474079, 65, 'original', 1, 'first', '', NULL, 'en', NULL);
INSERT INTO public.candidate_keys VALUES (52241819219922363, 2);
INSERT INTO public.candidate_keys VALUES (52241819297984898, 1);
INSERT INTO public.candidate_keys VALUES (52241823502124455, 1);
INSERT INTO public.candidate_keys VALUES (52241823527157246, 2);
INSERT INTO public.candidate_keys VALUES (52241827325861206, 1);
INSERT INTO public.candidate_keys VALUES (52241827657839535, 2);
INSERT INTO public.candidate_keys VALUES (52241832465435608, 1);
INSERT INTO public.candidate_keys VALUES (52241832535078125, 2);
INSERT INTO public.candidate_keys VALUES (52241853965314396, 2);
INSERT INTO public.candidate_keys VALUES (52241854027057792, 1);
INSERT INTO public.candidate_keys VALUES (52241858199638094, 1);
INSERT INTO public.candidate_keys VALUES (52241858260124920, 2);
INSERT INTO public.candidate_keys VALUES (52241862547915429, 1);
INSERT INTO public.candidate_keys VALUES (52241862619459753, 2);
INSERT INTO public.candidate_keys VALUES (52241866857506611, 1);
INSERT INTO public.candidate_keys VALUES (52241866884519675, 2);
INSERT INTO public.candidate_keys VALUES (52241871088403570, 1);
INSERT INTO public.candidate_keys VALUES (52241871196762380, 2);
INSERT INTO public.candidate_keys VALUES (52241875477300769, 2);
INSERT INTO public.candidate_keys VALUES (52241875486383343, 1);
INSERT INTO public.candidate_keys VALUES (52241879554094853, 1);
INSERT INTO public.candidate_keys VALUES (52241879586210524, 2);
INSERT INTO public.candidate_keys VALUES (52241884071290318, 1);
INSERT INTO public.candidate_keys VALUES (52241884094796396, 2);
INSERT INTO public.candidate_keys VALUES (52241888268289138, 1);
INSERT INTO public.candidate_keys VALUES (52241888376615180, 2);
INSERT INTO public.candidate_keys VALUES (52241892657153569, 2);
INSERT INTO public.candidate_keys VALUES (52241892666301679, 1);
INSERT INTO public.candidate_keys VALUES (52241896766063324, 2);
INSERT INTO public.candidate_keys VALUES (52241896893493335, 1);
INSERT INTO public.candidate_keys VALUES (52241901251175886, 1);
INSERT INTO public.candidate_keys VALUES (52241901274714732, 2);
INSERT INTO public.candidate_keys VALUES (52241905548612669, 2);
INSERT INTO public.candidate_keys VALUES (52241905556976786, 1);
INSERT INTO public.candidate_keys VALUES (52241909783581337, 1);
INSERT INTO public.candidate_keys VALUES (52241909816826250, 2);
INSERT INTO public.candidate_keys VALUES (52241914114340742, 2);
INSERT INTO public.candidate_keys VALUES (52241914128705624, 1);
INSERT INTO public.candidate_keys VALUES (52241918353246690, 2);
INSERT INTO public.candidate_keys VALUES (52241918442024753, 1);
INSERT INTO public.candidate_keys VALUES (52241818934064701, 3);
INSERT INTO public.candidate_keys VALUES (52241819458400380, 4);
INSERT INTO public.candidate_keys VALUES (52241823481150084, 4);
INSERT INTO public.candidate_keys VALUES (52241823513527370, 3);
INSERT INTO public.candidate_keys VALUES (52241826407529423, 3);
INSERT INTO public.candidate_keys VALUES (52241827782261370, 4);
INSERT INTO public.candidate_keys VALUES (52241832207060680, 3);
INSERT INTO public.candidate_keys VALUES (52241832422429554, 4);
INSERT INTO public.candidate_keys VALUES (52241853839033579, 3);
INSERT INTO public.candidate_keys VALUES (52241853941988973, 4);
INSERT INTO public.candidate_keys VALUES (52241858199638094, 3);
INSERT INTO public.candidate_keys VALUES (52241858271053570, 4);
INSERT INTO public.candidate_keys VALUES (52241862497820563, 4);
INSERT INTO public.candidate_keys VALUES (52241862547915429, 3);
INSERT INTO public.candidate_keys VALUES (52241866857506611, 3);
INSERT INTO public.candidate_keys VALUES (52241866902653022, 4);
INSERT INTO public.candidate_keys VALUES (52241871046989574, 4);
INSERT INTO public.candidate_keys VALUES (52241871088403570, 3);
INSERT INTO public.candidate_keys VALUES (52241875325834337, 4);
INSERT INTO public.candidate_keys VALUES (52241875484086797, 3);
INSERT INTO public.candidate_keys VALUES (52241879554094853, 3);
INSERT INTO public.candidate_keys VALUES (52241879679150793, 4);
INSERT INTO public.candidate_keys VALUES (52241884040419151, 4);
INSERT INTO public.candidate_keys VALUES (52241884071290318, 3);
INSERT INTO public.candidate_keys VALUES (52241888226875142, 4);
INSERT INTO public.candidate_keys VALUES (52241888268289138, 3);
INSERT INTO public.candidate_keys VALUES (52241892505719905, 4);
INSERT INTO public.candidate_keys VALUES (52241892664005133, 3);
INSERT INTO public.candidate_keys VALUES (52241896733980421, 3);
INSERT INTO public.candidate_keys VALUES (52241896859003593, 4);
INSERT INTO public.candidate_keys VALUES (52241901220304719, 4);
INSERT INTO public.candidate_keys VALUES (52241901251175886, 3);
INSERT INTO public.candidate_keys VALUES (52241905536279541, 4);
INSERT INTO public.candidate_keys VALUES (52241905556976786, 3);
INSERT INTO public.candidate_keys VALUES (52241909783581337, 3);
INSERT INTO public.candidate_keys VALUES (52241909831680910, 4);
INSERT INTO public.candidate_keys VALUES (52241914098453897, 4);
INSERT INTO public.candidate_keys VALUES (52241914128705624, 3);
INSERT INTO public.candidate_keys VALUES (52241918330396752, 4);
INSERT INTO public.candidate_keys VALUES (52241918442024753, 3);
INSERT INTO public.configuration VALUES (1, 'vm:/tmp/tmpkywjb_3g/aggregator.yaml', 'a85b24bd685581fc7e21c57d64087ea5b67db5ebebc148a5b995c44159ab1efa', '[["/tmp/tmpkywjb_3g/aggregator.yaml", "{\"database\": \"postgresql+psycopg://postgres@127.0.0.1:37367/t31382527540248\", \"polling\": {\"allow_private\": true}, \"groups\": {\"shore\": {\"title\": \"shore\"}, \"isles\": {\"title\": \"isles\"}}, \"sources\": [{\"id\": \"harbour\", \"url\": \"http://127.0.0.1:39173/harbour\", \"title\": \"Harbour\", \"group\": \"shore\", \"language\": \"en\"}, {\"id\": \"islands\", \"url\": \"http://127.0.0.1:39173/islands\", \"title\": \"Islands\", \"group\": \"isles\", \"language\": \"en\"}]}"]]', 1795936284934166);
INSERT INTO public.constraints VALUES (1, 3, 1, false);
INSERT INTO public.corrections VALUES (1, 'split', 1, 4, 'root', 1795936288071273, '', '{"article": 3, "canonical": 1, "text": 1, "link": 1, "relation": "copy", "similarity": 0.9776260414121277, "reason": "copy", "marks": ""}', NULL, NULL);
INSERT INTO public.fingerprints VALUES (1, 1, '\xe2a08e0119e8ea07c8f93d011dfcf005c8ee430482d856002133550059244d0129ac2f079a26fa00153b3b03fd0ed804d6c80c071ff91401bf77b700e6344707cc6db40290d50d119a30250638cbdb02e6f1e0005c8dcf026651720a1e442c0a2910ff009cf58901fffee00af2cb44016b70ca0102bd8f031a908e06d7241902c01b6b008950f401b865c807d83fde0ef69f2c004540170d78e8ed000d424c1e5bd3fc0766855500bfb08805fde42d0af829c300ab454718fca71a02e779000186609003b2174407e11108016b07a7028850701d114955001b061b03c50b8301d726a40726d2c50ade5b4402d6734a136e49340907a72402c9135d003b42ba03b3c68402f74adf00b695f603fb08c60b7a0d530648fd3e00fba8350ea19b0a0ef5e6ef0badd9f2007d171504f2cc800760550300bfb05602db6316000dd70a01dd4a3805889c6a0233025902d4502b00797aaf0703723300dff8dd0935785505d3f13c03fa871f061390af0431cebd015e014c07afed5c036425470abd0e6f010f512f005bb1e3027d04b808fd9c1a067cec87054f480109d160f60166e2b602e5ed8f0176e2a70ac190940b67f206033024f10174da0000bbf59803b1037506987013057db331036c126602278c3f016494df07f40fee01bce61b03e04e820036f03100ba0b7e08aca89b0042a2d60134d1950ef2826b0156abda050cbda900', '\x02000800390000003700000053e69b2bf2ad222d8b66742b53e69b2b4314be2b6d5b02e20405368076f50cf753e69b2bf2ad222d8b66742b53e69b2b4314be2b6d5b02e2f21aa69cfad6463bf04175293054c8b353e69b2b9c7ae7839cb064d77aad8ccb53e69b2b8c5601fcebbb9caf53e69b2bee6e5e81dc917d3df671de5f2cec448a8b66742b53e69b2bd3ac0bf38f7579df491fe07e18dfc3a1a3ef25a4d80cc56be0aa65f953e69b2bfc34ace1dd0542a1c78742c918dfc3a15e3ec61c6e6b13903054c8b3df3fd0c6ebbb9caf53e69b2bae3ba83782530c093054c8b353e69b2bc46ee81353e69b2b30246376f3112107efee7c0fa1bdd6398238f57f570091f53054c8b3a3ef25a46e47a2650e000000101010100e000000101000001200001000100010000010100000000010000000021000001000100030100010000010000000000a100010100010000010', '\xe2a08e010000000019e8ea0701000000c8f93d01020000001dfcf00503000000c8ee43040400000082d8560005000000213355000600000059244d010700000029ac2f07080000009a26fa0009000000153b3b030a000000fd0ed8040b000000e2a08e010c00000019e8ea070d000000c8f93d010e000000f7fb720e0f0000000238081b10000000f95ce6161100000091d7cf05120000003592673713000000');
INSERT INTO public.fingerprints VALUES (2, 1, '\x233a73011c1d5f00708e94000f0e680cbb254f023578d7019e959e06b5fb6102d9b84a037d454803faca4401b5bc9c004324e802dff96906a6f7c6078ef4f70087cefd00a323ae01f87038037d83171288b2a00c14ec9a03b3de3e04c645460795324e0517d6bb0edccf9005b7d001018ff2bb06d0b96f0e84b26d09cbca5d036d7f2c070afc7707cddc7b0ba3f4280459d5e003c399fc06667eb30c1bb156045b84fb0155487c0692b0c300a1d266162ea6300246bfc80004c7bf02bd023109068b3f01ba30340099b7d602f286da0c1c5586093fc2c8129639390013b9ac0056d79f0019227509f18d0b051742090588c7da0248f12411ddb181000d4772024cfe4f0ec84b880373d83d00df7e9a052f196601a5ede011f7599601a0c6ee01f00a3b0adb9ec20bac39e807cddfdb01faf1210155408f052f813808123b0100a771f40d5dc59201d7a7f900c026d2057955fb0e54cfb305b217790d612742005ea47d01a869e403f92d65012fa23206b7a0f4075fdfdf01ee190712b022770077b1d70af6311e028da80b084938b30056ccd5037a3ef1086aafaf09e3bdb9047dd2ff02b62677033136fb140b8be700d2c0d409caa0ab02a0b5b603ecbf1800d5e2e91084cfd11bc2f122064fa4830105383e00015c03066c9e9602d24c9208e3269c0347ffe8029a6f610d6b269c0599ca830749b80d031a84d609c8ef6601', '\x020007002e0000002c000000a3ef25a4c2db2cbd8b66742bc46ee8133054c8b353e69b2bcbe0eddc53e69b2b226680748b66742b53e69b2ba89667077046f2192bca4f8f3debfa05a3ef25a4c2db2cbd8b66742bc46ee81395e85e4153e69b2bc886d85965cdda4eaae72dc30bcd88b9b913982804fb2b0b558a7e7280bc288653e69b2b9ad5a0d5029fbaf2a156b6fe276064d153e69b2bbbdf7476a7041011d92274268355476a3fba7019ebbb9cafa3ef25a4d9e470255f138aaa00f78d18aa5b53358f7579df06baba5a53e69b2b976b260e42c4617053e69b2bce32d2f70e1000000000100e1000001010000000100000000010000010100020000000001000000000100a1000001010001000000000100000', '\x233a7301000000001c1d5f0001000000708e9400020000000f0e680c03000000bb254f02040000003578d701050000009e959e0606000000b5fb610207000000d9b84a03080000007d45480309000000faca44010a000000b5bc9c000b000000233a73010c0000001c1d5f000d000000708e94000e0000000f0e680c0f00000043408a1a100000000a604d1a11000000e668e00112000000f13dbd2413000000');
INSERT INTO public.fingerprints VALUES (3, 1, '\x06aeeb0119e8ea07c8f93d01f7fb720ec8ee430482d856002133550059244d0129ac2f074d28310b153b3b03fd0ed804d6c80c071ff91401bf77b700e6344707cc6db40275e889089a30250638cbdb02e6f1e000c23f9d046651720a1e442c0a2910ff009cf58901fffee00af2cb44016b70ca0102bd8f031a908e06d724190244fa6a018950f4019ff39d04d83fde0ef69f2c004540170d78e8ed000d424c1ee54b4f08fa842411bfb08805fde42d0af829c300ab454718fca71a02e779000186609003b2174407e11108016b07a702210e10137a44110c1b061b03c50b8301d726a40726d2c50ade5b4402d6734a136e493409b3708f04c9135d003b42ba03b3c68402f74adf0033b03a04fb08c60b8f62000748fd3e00fba8350ea19b0a0ef5e6ef0badd9f200bb275206f2cc800760550300bfb05602db6316000dd70a01dd4a3805889c6a02a582b204d4502b00cea1180a03723300dff8dd0935785505d3f13c03342d38041390af0431cebd015e014c07afed5c036bf2500fbd0e6f010f512f005bb1e3027d04b808f7c1fa077cec87054f480109d160f60166e2b602e5ed8f01619a060ec190940b67f206033024f10174da00004318be19b1037506987013059ed55f076c12660275e9ba0d76d9e00a24584305bce61b03ced0960536f03100c19cda08aca89b0042a2d60134d1950ef2826b0156abda050cbda900', '\x0200040033000000310000006d5b02e2f2ad222df10510e217cc385e53e69b2bf2ad222d8b66742b53e69b2b4314be2b6d5b02e2f21aa69cfad6463bf04175293054c8b353e69b2b9c7ae7839cb064d77aad8ccb53e69b2b8c5601fcebbb9caf53e69b2bee6e5e81dc917d3df671de5f2cec448a8b66742b53e69b2bd3ac0bf38f7579df491fe07e18dfc3a1a3ef25a4d80cc56be0aa65f953e69b2bfc34ace1dd0542a1c78742c918dfc3a15e3ec61c6e6b13903054c8b3df3fd0c6ebbb9caf53e69b2bae3ba83782530c093054c8b353e69b2bc46ee8134d927c528f7579df66337f0ba879e2701e0000000e000000101000001200001000100010000010100000000010000000021000001000100030100010000010000000001a000010', '\x06aeeb010000000019e8ea0701000000c8f93d0102000000f7fb720e03000000c8ee43040400000082d8560005000000213355000600000059244d010700000029ac2f07080000004d28310b09000000153b3b030a000000fd0ed8040b00000006aeeb010c00000019e8ea070d000000c8f93d010e000000f7fb720e0f000000e439ba1b10000000e358b72c11000000985355141200000039713b6e13000000');
INSERT INTO public.fingerprints VALUES (4, 1, '\xd3e8780a85fb620964cbea03a226e607b1ffad02ca0fab0236fc3d07ab81730329fbed032552d4054d146800fb93dc07733b0d00595bd0006ccd650036d707015399410515298707e9b3630538cbdb02a0e41006acd2b50140517c0147db6718a68dbc019614e41a6977c40f80951c01b80bcd0502bd8f031d4d5d02b6b5e506821abc057b10cd00868ac91e50481e02b8cc810270ccae11ba094906d82c3c0cc872f9024a797702d09cde1cfce547067b9bd100ad46cc053f9a6b0802a4fc0836392918f812840123e400028c22760a5ff4180a0df6900af523ff03973dc6044b5c5608c61572109f852000cf2e211734a33300b55d42008c47240c2d010902ab2db01556bb1c17846cfe042afbb31c4caa5600182d9c0c53fc5e251254b8043fcdf5008e7cc300a75d2914d55fbc012c77a50bcfd46501eff87103aa233f01b5542d0023af690301c6502b8868e0089d228f03ef049901a8943a00658cf00145b8ae005327f103d73ed306903c7d07d2ad540488fb2c060b2d29070d86770b0da7830f8931bb0187f6570439cfac0ca23cef005664e90876bda10009d67808e5ed8f017e511d0336bfcd03075d9f04383d3c03436b640def7ed90290952b25f7506a0771aa9d00ba914e0ef0eb7302388c1f1469340b0943b170007ee2620e12b96b0939f7af00bddcfd03d094a509149c4502bfa5f60fd1267201c59a9103', '\x020006002700000025000000100d811dcddfcbbd8f7579df53e69b2bbbdf7476715be94a100d811d00f78d18e2c55c965f4be562a704101153e69b2bbbdf7476715be94a3054c8b353e69b2b9c7ae7839cb064d7a704101101701f3263a9a7b49b56522b53e69b2ba5f8cd248b66742b53e69b2b54a76131fa2aff5756b47596dc7c1823fad6463b57e61b697791afa3ebbb9caf48218b5c558a7e72f99cb8b37ce32ccfe518a78e231161d1df108a30ad4a3e665383ed5853e69b2be36b381d0e10000000000e000000000000000000100000001000001000000000101000001000002010101a100000100000', '\xd3e8780a0000000085fb62090100000064cbea0302000000a226e60703000000b1ffad0204000000ca0fab020500000036fc3d0706000000ab8173030700000029fbed03080000002552d405090000004d1468000a000000fb93dc070b000000d3e8780a0c00000085fb62090d00000064cbea030e000000a226e6070f0000005547481c10000000ae9c770c11000000ec0fbf0812000000adb72b1c13000000');
INSERT INTO public.hosts VALUES ('127.0.0.1:39173', NULL, NULL, NULL, NULL);
INSERT INTO public.instance VALUES (1, 'f3de438e-f573-41af-9656-742e8a8559a7', 4, 4, 7, '', '', 1795936283859626, 'text3-shingle3-datasketch2-affine32-128-1');
INSERT INTO public.reader_story VALUES (1, 1, true, true, '', '', 1795936287363142);
INSERT INTO public.reader_story VALUES (1, 2, true, false, '', '', 1795936287368211);
INSERT INTO public.readers VALUES (1, 'reader', 0, 1795936284959878);
INSERT INTO public.recipes VALUES (1, 'text3-shingle3-datasketch2-affine32-128-1');
INSERT INTO public.search VALUES (1, '''a'':38,65 ''again'':8 ''and'':26,50 ''asking'':47 ''bell'':2,11 ''came'':30 ''ferrymen'':52 ''first'':21 ''flood'':25 ''for'':19,48,54,64 ''from'':40 ''had'':43 ''harbour'':6,15 ''hear'':36 ''islands'':42 ''it'':37,45 ''kitchens'':34 ''lower'':5,14 ''mayor'':58 ''money'':49 ''nothing'':60 ''of'':3,12,32 ''on'':17 ''out'':31 ''paid'':53 ''rang'':16 ''recast'':44 ''rings'':7 ''rope'':56 ''said'':59 ''since'':23 ''smith'':39 ''speech'':66 ''street'':29 ''sunday'':18 ''taken'':63 ''the'':1,4,10,13,20,24,27,33,41,51,55,57 ''time'':22 ''to'':35 ''was'':62 ''which'':61 ''whole'':28 ''without'':46', '''again'':8 ''bell'':2 ''harbour'':6 ''lower'':5 ''of'':3 ''rings'':7 ''the'':1,4');
INSERT INTO public.search VALUES (2, '''a'':1,17,43 ''and'':42 ''before'':52 ''bridge'':2,18 ''by'':35 ''carpenters'':41 ''children'':27 ''council'':10 ''do'':49 ''for'':5 ''gorge'':23 ''hang'':16 ''have'':46 ''in'':38 ''long'':32 ''mill'':37 ''need'':28 ''not'':29 ''of'':3,11,19 ''offered'':47 ''over'':21 ''retired'':44 ''rope'':4,20 ''round'':34 ''sailor'':45 ''schoolchildren'':7 ''snow'':54 ''so'':24 ''that'':25 ''the'':6,9,12,22,31,36,50,53 ''thirty'':26 ''to'':48 ''two'':40 ''upper'':13 ''valley'':14 ''walk'':30 ''way'':33 ''will'':15 ''winter'':39 ''work'':51', '''a'':1 ''bridge'':2 ''for'':5 ''of'':3 ''rope'':4 ''schoolchildren'':7 ''the'':6');
INSERT INTO public.search VALUES (3, '''a'':34 ''and'':22,46 ''asking'':43 ''back'':4 ''bell'':2,7 ''came'':26 ''ferrymen'':48 ''first'':17 ''flood'':21 ''for'':15,44,50 ''from'':36 ''had'':39 ''harbour'':1,11 ''hear'':32 ''is'':3 ''islands'':38 ''it'':33,41 ''kitchens'':30 ''letter'':56 ''lower'':10 ''money'':45 ''of'':8,28 ''on'':13 ''our'':55 ''out'':27 ''paid'':49 ''rang'':12 ''recast'':40 ''rope'':52 ''since'':19 ''smith'':35 ''street'':25 ''subscribe'':53 ''sunday'':14 ''the'':6,9,16,20,23,29,37,47,51 ''time'':18 ''to'':31,54 ''whole'':24 ''without'':42', '''back'':4 ''bell'':2 ''harbour'':1 ''is'':3');
INSERT INTO public.search VALUES (4, '''afterwards'':39 ''and'':35 ''been'':10 ''counted'':30 ''did'':36 ''eels'':1,8 ''eleven'':31 ''evening'':34 ''first'':18 ''for'':16 ''have'':9 ''how'':42 ''in'':12,20 ''keeper'':25 ''knows'':41 ''lock'':28 ''mill'':5,14 ''nine'':21 ''nobody'':40 ''not'':37 ''of'':26 ''on'':32 ''one'':33 ''passed'':44 ''pond'':6,15 ''return'':2 ''says'':23 ''seen'':11 ''sleep'':38 ''the'':4,13,17,24,27,45 ''they'':43 ''time'':19 ''to'':3 ''weir'':46 ''who'':29 ''years'':22', '''eels'':1 ''mill'':5 ''pond'':6 ''return'':2 ''the'':4 ''to'':3');
INSERT INTO public.sources VALUES (1, 'harbour', 'http://127.0.0.1:39173/harbour', 'Harbour', 'shore', 'en', 0, false, false, 'all', NULL, false, false, 'http://127.0.0.1:39173/harbour', '127.0.0.1:39173', 1795938148347238, 'every 30 min', 1795936285282787, NULL, NULL, NULL, NULL, '\x73fbdf451e537bf1a0adb44b906c4cd2b07614a38dabde9b992a2802b86a5072', 1795936284953501, 1795936285282787, 1795936285282787, 0, NULL, NULL, 200, 0.003030741001566639, 1042, 1, NULL, 0, false, 'rss20', 'harbour', NULL, NULL, NULL, NULL, '', 0, 0, 0, '', NULL, '\x2f195207f4c2da4100000007f4c2da41f7ff7f3fad17793700000000000000000000000000000000000000000000000000000000f7ff7f3f00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000f7ff7f3f', 10);
INSERT INTO public.sources VALUES (2, 'islands', 'http://127.0.0.1:39173/islands', 'Islands', 'isles', 'en', 0, false, false, 'all', NULL, false, false, 'http://127.0.0.1:39173/islands', '127.0.0.1:39173', 1795938088362147, 'after 29.1 min: about 6 entries a day', 1795936286641179, NULL, NULL, NULL, NULL, '\x493a39ca4aaac75c3cb231ac5586eb8c0cbc7d4042fee1f93a1d14807c74f139', 1795936284953501, 1795936286641179, 1795936286641179, 0, NULL, NULL, 200, 0.0017211279991897754, 948, 1, NULL, 0, false, 'rss20', 'islands', NULL, NULL, NULL, NULL, '', 0, 0, 0, '', NULL, '\x1409a907f4c2da4100008007f4c2da41fcff7f3f5d02f93600000000000000000000000000000000000000000000000000000000fcff7f3f00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000fcff7f3f', 10);
INSERT INTO public.stories VALUES (2, 2, 1795936284000000, 1795936285282787, 1795936285282787, NULL, NULL, NULL);
INSERT INTO public.stories VALUES (3, 4, 1795936286000000, 1795936286641179, 1795936286641179, NULL, NULL, NULL);
INSERT INTO public.stories VALUES (4, 3, 1795936286000000, 1795936288071273, 1795936288071273, NULL, NULL, NULL);
INSERT INTO public.stories VALUES (1, 1, 1795936284000000, 1795936285282787, 1795936285282787, NULL, NULL, NULL);
INSERT INTO public.texts VALUES (1, 'The bell of the lower harbour rang on Sunday for the first time since the flood, and the whole street came out of the kitchens to hear it. A smith from the islands had recast it without asking for money, and the ferrymen paid for the rope. The mayor said nothing, which was taken for a speech.', '', 'The bell of the lower harbour rang on Sunday for the first time since the flood, and the whole street came out of the kitchens to hear it. A smith from the islands had recast it without asking for money, and the ferrymen paid for the rope. The mayor said nothing, which was taken for a speech.', '', '', '');
INSERT INTO public.texts VALUES (2, 'The council of the upper valley will hang a bridge of rope over the gorge, so that thirty children need not walk the long way round by the mill in winter. Two carpenters and a retired sailor have offered to do the work before the snow.', '', 'The council of the upper valley will hang a bridge of rope over the gorge, so that thirty children need not walk the long way round by the mill in winter. Two carpenters and a retired sailor have offered to do the work before the snow.', '', '', '');
INSERT INTO public.texts VALUES (3, 'The bell of the lower harbour rang on Sunday for the first time since the flood, and the whole street came out of the kitchens to hear it. A smith from the islands had recast it without asking for money, and the ferrymen paid for the rope. Subscribe to our letter.', '', 'The bell of the lower harbour rang on Sunday for the first time since the flood, and the whole street came out of the kitchens to hear it. A smith from the islands had recast it without asking for money, and the ferrymen paid for the rope. Subscribe to our letter.', '', '', '');
INSERT INTO public.texts VALUES (4, 'Eels have been seen in the mill pond for the first time in nine years, says the keeper of the lock, who counted eleven on one evening and did not sleep afterwards. Nobody knows how they passed the weir.', '', 'Eels have been seen in the mill pond for the first time in nine years, says the keeper of the lock, who counted eleven on one evening and did not sleep afterwards. Nobody knows how they passed the weir.', '', '', '');
INSERT INTO public.ties VALUES (1, 3, 0, 0.9776260414121277, 45, 0);
INSERT INTO public.ties VALUES (3, 1, 0, 0.9776260414121277, 45, 0);
SELECT pg_catalog.setval('public.changes_id_seq', 1, false);
SELECT pg_catalog.setval('public.corrections_id_seq', 1, true);
SELECT pg_catalog.setval('public.expected_no_seq', 1, false);
SELECT pg_catalog.setval('public.inbox_no_seq', 1, false);
SELECT pg_catalog.setval('public.notices_id_seq', 1, false);
SELECT pg_catalog.setval('public.readers_no_seq', 1, true);
SELECT pg_catalog.setval('public.recipes_no_seq', 1, true);
SELECT pg_catalog.setval('public.sources_no_seq', 2, true);
SELECT pg_catalog.setval('public.sync_streams_no_seq', 1, false);
SELECT pg_catalog.setval('public.tokens_no_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.article_passages
    ADD CONSTRAINT pk_article_passages PRIMARY KEY (source, article);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT pk_articles PRIMARY KEY (id);
ALTER TABLE ONLY public.candidate_keys
    ADD CONSTRAINT pk_candidate_keys PRIMARY KEY (slot, article);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT pk_changes PRIMARY KEY (id);
ALTER TABLE ONLY public.configuration
    ADD CONSTRAINT pk_configuration PRIMARY KEY (version);
ALTER TABLE ONLY public.constraints
    ADD CONSTRAINT pk_constraints PRIMARY KEY (correction, a, b);
ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT pk_corrections PRIMARY KEY (id);
ALTER TABLE ONLY public.cursors
    ADD CONSTRAINT pk_cursors PRIMARY KEY (name);
ALTER TABLE ONLY public.daemons
    ADD CONSTRAINT pk_daemons PRIMARY KEY (owner);
ALTER TABLE ONLY public.expected
    ADD CONSTRAINT pk_expected PRIMARY KEY (no);
ALTER TABLE ONLY public.fingerprints
    ADD CONSTRAINT pk_fingerprints PRIMARY KEY (article);
ALTER TABLE ONLY public.fresh_keys
    ADD CONSTRAINT pk_fresh_keys PRIMARY KEY (slot, article);
ALTER TABLE ONLY public.guesses
    ADD CONSTRAINT pk_guesses PRIMARY KEY (key);
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT pk_hosts PRIMARY KEY (name);
ALTER TABLE ONLY public.icons
    ADD CONSTRAINT pk_icons PRIMARY KEY (site);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (no);
ALTER TABLE ONLY public.instance
    ADD CONSTRAINT pk_instance PRIMARY KEY (one);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT pk_notices PRIMARY KEY (id);
ALTER TABLE ONLY public.pages
    ADD CONSTRAINT pk_pages PRIMARY KEY (source, entry);
ALTER TABLE ONLY public.passages
    ADD CONSTRAINT pk_passages PRIMARY KEY (source, hash);
ALTER TABLE ONLY public.reader_story
    ADD CONSTRAINT pk_reader_story PRIMARY KEY (reader, story);
ALTER TABLE ONLY public.readers
    ADD CONSTRAINT pk_readers PRIMARY KEY (no);
ALTER TABLE ONLY public.recipes
    ADD CONSTRAINT pk_recipes PRIMARY KEY (no);
ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT pk_revisions PRIMARY KEY (article, no);
ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT pk_sign_ins PRIMARY KEY (hash);
ALTER TABLE ONLY public.sources
    ADD CONSTRAINT pk_sources PRIMARY KEY (no);
ALTER TABLE ONLY public.stories
    ADD CONSTRAINT pk_stories PRIMARY KEY (id);
ALTER TABLE ONLY public.story_links
    ADD CONSTRAINT pk_story_links PRIMARY KEY (article, other);
ALTER TABLE ONLY public.story_topics
    ADD CONSTRAINT pk_story_topics PRIMARY KEY (topic, story);
ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT pk_subscriptions PRIMARY KEY (source);
ALTER TABLE ONLY public.sync_places
    ADD CONSTRAINT pk_sync_places PRIMARY KEY (view, story);
ALTER TABLE ONLY public.sync_streams
    ADD CONSTRAINT pk_sync_streams PRIMARY KEY (no);
ALTER TABLE ONLY public.tallies
    ADD CONSTRAINT pk_tallies PRIMARY KEY (source, settled);
ALTER TABLE ONLY public.texts
    ADD CONSTRAINT pk_texts PRIMARY KEY (article);
ALTER TABLE ONLY public.ties
    ADD CONSTRAINT pk_ties PRIMARY KEY (article, other);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT pk_tokens PRIMARY KEY (no);
ALTER TABLE ONLY public.search
    ADD CONSTRAINT search_pkey PRIMARY KEY (article);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT uq_articles_source_guid_hash UNIQUE (source, guid_hash);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT uq_changes_kind_article_no UNIQUE (kind, article, no);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT uq_inbox_source UNIQUE (source);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT uq_notices_rule_target_story UNIQUE (rule, target, story);
ALTER TABLE ONLY public.readers
    ADD CONSTRAINT uq_readers_name UNIQUE (name);
ALTER TABLE ONLY public.recipes
    ADD CONSTRAINT uq_recipes_name UNIQUE (name);
ALTER TABLE ONLY public.sources
    ADD CONSTRAINT uq_sources_id UNIQUE (id);
ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT uq_subscriptions_token UNIQUE (token);
ALTER TABLE ONLY public.sync_streams
    ADD CONSTRAINT uq_sync_streams_kind_name UNIQUE (kind, name);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT uq_tokens_fever UNIQUE (fever);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT uq_tokens_hash UNIQUE (hash);
CREATE INDEX ix_articles_kept ON public.articles USING btree (effective) WHERE (dropped IS NULL);
CREATE INDEX ix_articles_left ON public.articles USING btree (last_seen) WHERE (last_seen IS NOT NULL);
CREATE INDEX ix_articles_present ON public.articles USING btree (source) WHERE (last_seen IS NULL);
CREATE INDEX ix_articles_source_story ON public.articles USING btree (source, story);
CREATE INDEX ix_articles_story ON public.articles USING btree (story);
CREATE INDEX ix_articles_text ON public.articles USING btree (text_hash);
CREATE INDEX ix_articles_url ON public.articles USING btree (url_hash);
CREATE INDEX ix_changes_story ON public.changes USING btree (story);
CREATE INDEX ix_constraints_a ON public.constraints USING btree (a);
CREATE INDEX ix_constraints_b ON public.constraints USING btree (b);
CREATE INDEX ix_guesses_last ON public.guesses USING btree (last);
CREATE INDEX ix_notices_due ON public.notices USING btree (due) WHERE (due IS NOT NULL);
CREATE INDEX ix_pages_source_text_hash ON public.pages USING btree (source, text_hash);
CREATE INDEX ix_pages_waiting ON public.pages USING btree (source) WHERE (retry_at IS NOT NULL);
CREATE INDEX ix_passages_learnt ON public.passages USING btree (source) WHERE learnt;
CREATE INDEX ix_reader_story_starred ON public.reader_story USING btree (reader, story) WHERE starred;
CREATE INDEX ix_reader_story_story ON public.reader_story USING btree (story);
CREATE INDEX ix_revisions_until ON public.revisions USING btree (until);
CREATE INDEX ix_search_title ON public.search USING gin (title);
CREATE INDEX ix_search_words ON public.search USING gin (words);
CREATE INDEX ix_sign_ins_reader ON public.sign_ins USING btree (reader);
CREATE INDEX ix_sources_due ON public.sources USING btree (next_due);
CREATE INDEX ix_sources_host ON public.sources USING btree (host, next_due);
CREATE INDEX ix_sources_leased ON public.sources USING btree (host) WHERE (lease_until IS NOT NULL);
CREATE INDEX ix_stories_live ON public.stories USING btree (id) WHERE (merged_into IS NULL);
CREATE INDEX ix_stories_merged_into ON public.stories USING btree (merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX ix_story_links_other ON public.story_links USING btree (other);
CREATE INDEX ix_story_topics_story ON public.story_topics USING btree (story);
CREATE INDEX ix_sync_places_view_stream ON public.sync_places USING btree (view, stream);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT fk_articles_source FOREIGN KEY (source) REFERENCES public.sources(no);
ALTER TABLE ONLY public.articles
    ADD CONSTRAINT fk_articles_story FOREIGN KEY (story) REFERENCES public.stories(id);
ALTER TABLE ONLY public.constraints
    ADD CONSTRAINT fk_constraints_correction FOREIGN KEY (correction) REFERENCES public.corrections(id);
ALTER TABLE ONLY public.fingerprints
    ADD CONSTRAINT fk_fingerprints_article FOREIGN KEY (article) REFERENCES public.articles(id);
ALTER TABLE ONLY public.fingerprints
    ADD CONSTRAINT fk_fingerprints_recipe FOREIGN KEY (recipe) REFERENCES public.recipes(no);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT fk_inbox_source FOREIGN KEY (source) REFERENCES public.sources(no);
ALTER TABLE ONLY public.reader_story
    ADD CONSTRAINT fk_reader_story_reader FOREIGN KEY (reader) REFERENCES public.readers(no);
ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT fk_subscriptions_source FOREIGN KEY (source) REFERENCES public.sources(no);
ALTER TABLE ONLY public.texts
    ADD CONSTRAINT fk_texts_article FOREIGN KEY (article) REFERENCES public.articles(id);
