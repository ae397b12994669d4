"""SQLite databases in the style of well-known public ones, full of traps for `synapse add`. Their content is invented.

Nothing depends on the day or the machine: every call writes the same rows.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from synapse_analytics.table import quote

# Every one is a table and a column. SQLite folds the case of ASCII alone, so that 'É' and 'é' are two names.
HOSTILE_NAMES = (
    *('double " quote', 'ends in "', "single ' quote", "a;b", "; drop table ticket; --", "100%", "%s %(x)s", "{0}"),
    *("line\nbreak", "carriage\r\nreturn", "line\u2028separator", "tab\there", "back\\slash", "ends in \\", "\\N"),
    *("{{ 7 * 7 }}", "{{ env_var('HOME') }}", "{% raw %}", "{% endraw %}", "{# x", "${n}", "$n$", "$$", "--", "/* x"),
    *("a.b.c", "a b c", "a_b_c", "a/b", "../x", " leading", "trailing ", "trailing", "  ", "*", ":x", "?1", "[x]"),
    *("\N{GRINNING FACE}", "\u8868\u683c", "\u5217", "É", "é", "e\u0301", "ß", "_", "Order Details", "order_details"),
    *("OrderDetails", "order_details_2", "true", "null", "yes", "on", "NO", "~", "1", "1e3", "0x1", "2024-01-01", "''"),
    *("select", "from", "user", "public", "ctid", "xmin", "tableoid", "source_database", "_source_row", "n" * 63),
    *("n" * 199 + "a", "n" * 199 + "b", "\u5217" * 199 + "a", "\u5217" * 199 + "b"),
)
# What rows are made of: of `temp.n`, which is no part of the file.
NUMBERS = """
    create temp table n as
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 100),
            person (k, name) as (values (0, 'Ana'), (1, 'Chloé'), (2, 'D''Arcy'), (3, 'Jörn "Jo"'), (4, 'Łucja; & co.'))
        select i, date('2009-01-01', i || ' days') as day, name from n join person on k = i % 5 order by i;
"""


def _write(file: Path, script: str, **rows: list[tuple[object, ...]]) -> None:
    """The script, and then rows by table that SQL cannot make, in one transaction; references are not enforced."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"{NUMBERS} begin; {script}")
        for table, found in rows.items():
            connection.executemany(f"insert into {table} values ({', '.join('?' * len(found[0]))})", found)
        connection.commit()


def music_shop(file: Path) -> None:
    """As Chinook: CamelCase, acronyms, and all names in brackets, backticks or quotes.

    Traps: prices that are partly integer, partly real, totals that are float sums, one title longer than its
    NVARCHAR(40), datetimes that are all midnight, keys declared below their columns, a key of two references, a
    self-reference, nullable references, a unique column with NULLs, an index that is unique for some rows only and one
    of an expression, comments in the DDL.
    """
    script = """
        CREATE TABLE [Genre] ([GenreId] INTEGER NOT NULL PRIMARY KEY, [Name] NVARCHAR(120));
        CREATE TABLE [Artist] (
            [ArtistId] INTEGER NOT NULL, [Name] NVARCHAR(120), -- stage name, not the one in the passport
            CONSTRAINT [PK_Artist] PRIMARY KEY ([ArtistId])
        );
        CREATE TABLE [Album] (
            -- Counted up by the till.
            [AlbumId] INTEGER NOT NULL,
            -- As printed on the sleeve;
            -- the till cuts it off at 40 characters.
            [Title] NVARCHAR(40) NOT NULL, /* not unique */
            [ArtistId] INTEGER NOT NULL, [EANCode] CHAR(13), -- barcode, begins with zeros
            CONSTRAINT [PK_Album] PRIMARY KEY ([AlbumId]),
            FOREIGN KEY ([ArtistId]) REFERENCES [Artist] ([ArtistId]) ON DELETE NO ACTION ON UPDATE NO ACTION
        );
        CREATE TABLE `Track` (
            `TrackId` INTEGER NOT NULL PRIMARY KEY, `Name` NVARCHAR(200) NOT NULL,
            `AlbumId` INTEGER REFERENCES `Album` (`AlbumId`), -- NULL: a single
            `GenreId` INTEGER REFERENCES `genre`, `Composer` NVARCHAR(220),
            `Milliseconds` INTEGER NOT NULL, -- a duration, not a time
            `Bytes` INTEGER, `UnitPrice` NUMERIC(10,2) NOT NULL -- in euro, with VAT
        );
        CREATE TABLE "Playlist" ("PlaylistId" INTEGER PRIMARY KEY AUTOINCREMENT, "Name" NVARCHAR(120));
        CREATE TABLE "PlaylistTrack" (
            "PlaylistId" INTEGER NOT NULL, "TrackId" INTEGER NOT NULL,
            CONSTRAINT "PK_PlaylistTrack" PRIMARY KEY ("PlaylistId", "TrackId"),
            FOREIGN KEY ("PlaylistId") REFERENCES "Playlist" ("PlaylistId"),
            FOREIGN KEY ("TrackId") REFERENCES "Track" ("TrackId")
        );
        CREATE TABLE Employee (
            EmployeeId INTEGER NOT NULL PRIMARY KEY, LastName NVARCHAR(20) NOT NULL, FirstName NVARCHAR(20) NOT NULL,
            ReportsTo INTEGER, -- the boss; NULL for the owner
            BirthDate DATETIME, HireDate DATETIME, PostalCode NVARCHAR(10), Email NVARCHAR(60),
            FOREIGN KEY (ReportsTo) REFERENCES Employee (EmployeeId)
        );
        CREATE TABLE Customer (
            CustomerId INTEGER NOT NULL PRIMARY KEY, FirstName NVARCHAR(40) NOT NULL, Country NVARCHAR(40),
            PostalCode NVARCHAR(10), TaxNumber NVARCHAR(20) CONSTRAINT "UQ_Tax, once" UNIQUE, -- of companies
            SupportRepId INTEGER REFERENCES Employee (EmployeeId)
        );
        CREATE TABLE Invoice (
            InvoiceId INTEGER NOT NULL PRIMARY KEY, CustomerId INTEGER NOT NULL REFERENCES Customer (CustomerId),
            InvoiceDate DATETIME NOT NULL, BillingCountry NVARCHAR(40), Total NUMERIC(10,2) NOT NULL DEFAULT (0 + 0)
        );
        CREATE TABLE InvoiceLine (
            InvoiceLineId INTEGER NOT NULL PRIMARY KEY, InvoiceId INTEGER NOT NULL REFERENCES Invoice (InvoiceId),
            TrackId INTEGER NOT NULL REFERENCES Track (TrackId), UnitPrice NUMERIC(10,2) NOT NULL, Quantity INTEGER
        );
        CREATE INDEX [IFK_AlbumArtistId] ON [Album] ([ArtistId]);
        CREATE UNIQUE INDEX IUQ_AlbumEANCode ON Album (EANCode) WHERE AlbumId > 30;
        CREATE UNIQUE INDEX IUQ_TrackName ON Track (lower(Name));

        insert into Genre select i, 'Genre ' || i from n where i <= 24;
        insert into Artist select i, name || ' & the ' || i || ' Tides' from n where i <= 30;
        insert into Album select i, 'Harbour ' || iif(i = 23, 'Nights, Remastered, Volume 23 of 4', i % 36), i % 30 + 1,
            printf('%013d', i % 36) from n where i <= 40;
        insert into Track select i, 'Tide ' || i, nullif(i % 41, 0), i % 24 + 1, iif(i % 4, name, nullif('', i % 8)),
            i * 4001, i << 22, case i % 4 when 0 then 1.00 when 1 then 0.99 when 2 then 12.5 else 20 end
            from n where i <= 60;
        insert into Playlist select i, 'For ' || name from n where i <= 24;
        insert into PlaylistTrack select i % 24 + 1, i % 60 + 1 from n where i <= 72;
        insert into Employee select i, upper(name), name, nullif(i / 2, 0), date(day, -i || ' years') || ' 00:00:00',
            day || ' 00:00:00', printf('%05d', i * 97), '' from n where i <= 24;
        insert into Customer select i, name, iif(i % 4, 'Chad', 'NO'), printf('%06d', i), iif(i % 3, null, 'RO' || i),
            nullif(i % 7, 0) from n where i <= 36;
        insert into Invoice select i, i % 36 + 1, day || ' 00:00:00', 'Côte d''Ivoire', i * 0.99 from n where i <= 50;
        insert into InvoiceLine select i, i % 50 + 1, i % 60 + 1, iif(i % 3, 0.99, 1), i % 3 + 1 from n where i <= 80;
    """
    _write(file, script)


def trading_company(file: Path) -> None:
    """As Northwind: names with spaces, and reserved words as tables and columns.

    Traps: pictures as BLOB, a key of two columns with spaces, tables that reference each other, 3 order lines without a
    product, a reference to a table that is not there, a view, a trigger, money, phone and zip codes as text, dates that
    are '' in some rows, columns `source_database` and `_source_row`, references in another case than their tables.
    """
    script = """
        create table "Categories" ("Category ID" integer primary key autoincrement, "Name" text unique, "Picture" blob);
        create table "Products" (
            "Product ID" integer primary key, "Product Name" text not null,
            "Category ID" integer references "CATEGORIES" ("category id"),
            "Unit Price" text not null, "Discontinued" integer not null default 0 check ("Discontinued" in (0, 1))
        );
        create table "Customers" (
            "Customer ID" character(5) primary key not null, "Company Name" varchar(40), "Phone" varchar(24),
            "Zip Code" varchar(10), "source_database" text, "_source_row" integer
        );
        create table "Territories" ("Territory ID" text primary key, "Territory Description" text);
        create table "Employees" (
            "Employee ID" integer primary key, "Last Name" text, "Hire Date" date, "Birth Date" date, "Photo" blob,
            "Extension" text, "Reports To" integer references "Employees", "Region" integer references "Sales Regions"
        );
        create table "Employee Territories" (
            "Employee ID" integer not null references "Employees" ("Employee ID"),
            "Territory ID" text references "Territories", primary key ("Employee ID", "Territory ID")
        );
        create table "Order" (
            "Order ID" integer primary key, "Customer ID" character(5) references "Customers",
            "Employee ID" integer references "Employees", "Order Date" date not null, "Shipped Date" date,
            "Freight" text, "order" integer, "select" text, "from" date, "Default" text default 'default'
        );
        create table "Order Details" (
            "Order ID" integer not null references "Order" on delete cascade, -- header
            "Product ID" integer not null references "Products" deferrable initially deferred,
            "Unit Price" text not null, "Quantity" smallint default 1, "Discount" real,
            primary key ("Order ID", "Product ID")
        );
        create table "User" ("User" integer primary key, "Name" text unique, "Group" integer references "Group");
        create table "Group" ("Group" integer primary key, "Name" text, "User" integer not null references "User");
        create view "Order Subtotals" as
            select "Order ID", sum("Unit Price" * "Quantity") as "Subtotal" from "Order Details" group by 1;
        create trigger "Order Default" after insert on "Order" when new."Default" is null begin
            update "Order" set "Default" = 'none; yet' where "Order ID" = new."Order ID";
        end;

        insert into "Categories" select i, 'Goods, class ' || i, x'89504e470d0a00ff5c' from n where i <= 8;
        insert into "Products" select i, name || i, i % 8 + 1, printf('%.2f', i * 1.25), i % 5 = 0 from n where i <= 30;
        insert into "Customers" select 'C' || printf('%04d', i), name || ' & Sons', printf('0040 21 555 %04d', i),
            printf('%05d', i * 97), 'north', i * 10 from n where i <= 24;
        insert into "Territories" select printf('%05d', i * 731), 'Coast ' || i || '  ' from n where i <= 24;
        insert into "Employees" select i, name, day, iif(i % 4, date(day, '-30 years'), ''), iif(i % 2, x'', x'00ff'),
            printf('%04d', i), nullif(i / 2, 0), i % 4 + 1 from n where i <= 12;
        insert into "Employee Territories" select i % 12 + 1, printf('%05d', i * 731) from n where i <= 24;
        insert into "Order" select i, printf('C%04d', i % 24 + 1), nullif(i % 13, 0), day,
            case i % 3 when 0 then '' when 1 then date(day, '+9 days') end, i || '.50', i, '*', day, nullif(i % 9, 0)
            from n where i <= 60;
        insert into "Order Details" select i % 60 + 1, iif(i > 97, 900 + i, (i + i / 60 * 7) % 30 + 1), '12.50', i % 9,
            i % 4 * 0.05 from n;
        insert into "User" select i, printf('user%03d', i), i % 3 + 1 from n where i <= 24;
        insert into "Group" select i, 'group ' || i, i * 2 from n where i <= 3;
    """
    _write(file, script)


def sensor_log(file: Path) -> None:
    """100,000 readings of five sensors.

    Traps: epoch milliseconds and seconds as integers (and a 0 for "never"), a real with inf and -inf, columns without a
    type that hold integers, or reals with -0.0 (which REAL would store as 0.0); 0/1 as INTEGER, words under a CHECK,
    UUIDs as keys, versions that look like decimals.
    """
    script = """
        create table sensor (
            sensor_id text primary key not null, -- UUID, given by the factory
            location text not null, firmware text not null, last_seen integer not null default 0
        );
        create table reading (
            id integer primary key, sensor_id text not null references sensor (sensor_id) on delete cascade,
            ts integer not null, -- of the sensor, in ms
            received_at integer, -- of the server, in s
            value real, drift, steps, firmware, is_valid integer not null default 1,
            status text not null check (length(status) > 1 and status in ('ok', 'low battery', 'offline', 'error'))
        );

        insert into sensor values
            ('0f8c3c56-7d0e-4c55-9a51-3b1f6f0a2e11', 'roof', '1.9', 1735714599),
            ('1e400000-0000-4000-8000-000000000000', 'cellar', '1.10', 1735714599),
            ('7b1d94e2-5a6f-4b7e-8c0d-91e2f3a4b5c6', 'gate', '1.10', 1735714599),
            ('c0ffee00-1234-4abc-9def-0123456789ab', 'pier', '2.0', 1735714599),
            ('f3a1b2c4-0d9e-4f8a-b7c6-d5e4f3a2b1c0', 'spare', '1.9', 0);
        insert into reading
            with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
            select
                i, sensor_id, 1735689600000 + i * 250, iif(i % 50, 1735689600 + i / 4, null),
                case i % 9973 when 0 then 9e999 when 1 then -9e999 when 2 then null else i * 37 % 1000 / 8.0 end,
                iif(i % 9973, i % 8 / 8.0, -0.0), i % 4096, iif(i < 50000, '1.9', '1.10'), i % 97 > 0,
                case 0 when i % 97 then 'error' when i % 89 then 'offline' when i % 83 then 'low battery' else 'ok' end
            from n join sensor on sensor.rowid = i % 4 + 1;
    """
    _write(file, script)


def without_rowid(file: Path) -> None:
    """What SQLite alone has.

    Traps: tables WITHOUT ROWID with keys of text, integer, and text with blob; generated columns, virtual and stored;
    STRICT tables; columns called rowid, _rowid_ and oid; duplicate rows without a key; keys that hold NULLs; defaults
    with commas and quotes; the ends of 64 bits; integers above 2**53, alone and mixed with reals.
    """
    script = """
        create table country (code text primary key, name text collate nocase unique) without rowid;
        create table counter (id integer primary key desc, hits int) without rowid;
        create table chunk (path text, digest blob, size integer, primary key (digest, path desc)) without rowid;
        create table part (chunk_path text, chunk_digest blob, note text, primary key (chunk_digest),
            foreign key (chunk_digest, chunk_path) references chunk (digest, path)) without rowid;
        create table basket (
            id integer primary key, quantity integer not null, price numeric(10, 2),
            total numeric generated always as (round(quantity * price, 2)) virtual, -- never stored
            payload text default '{"a, b": ")"}',
            first_key text as (substr(payload, 1, instr(payload, ':'))) stored,
            untyped as (quantity || ' x ' || id)
        );
        create table strict_cell (id int primary key, whole int, float real, word text, data blob, anything any) strict;
        create table strict_key (a text, b any, n integer, primary key (a, b)) strict, without rowid;
        create table has_rowid (rowid text, value integer);
        create table has_all_aliases (rowid text, _rowid_ integer, oid real);
        create table event (name text, happened_at text default (datetime('now', 'localtime')), amount integer);
        create table null_key (code varchar(8) primary key, part integer, unique (code, part));
        create table null_pair (a text, b text, n integer, primary key (a, b));
        create table big (id integer primary key, edge integer, above integer, mixed, as_real real, unsigned bigint);

        insert into country values ('NO', 'Norway'), ('RO', 'Romania'), ('01', 'Zeroland'), ('1', 'One'), ('', 'Sea');
        insert into counter values (-9223372036854775808, 1), (0, 2), (9223372036854775807, null);
        insert into chunk values ('/a', x'00ff', 2), ('/b', x'00ff', 2), ('/a', x'', 0), ('/a ', x'00', 1);
        insert into part values ('/a', x'00ff', 'first'), ('/a', x'', null);
        insert into basket (quantity, price) values (1, 0.1), (3, 0.1), (7, 19), (2, null), (1000000, 12345.67);
        insert into strict_cell values
            (1, 1, 1, 'one', x'00', 1), (2, null, 0.5, '2', null, '2'), (3, 3, null, '', x'ff', x'33'),
            (4, 4, 4, ' ', x'', 4.5);
        insert into strict_key values ('a', 1, 1), ('a', '1', 2), ('a', x'31', 3), ('a', 1.5, 4);
        insert into has_rowid values ('x', 1), ('x', 1), (null, 2);
        insert into has_all_aliases values ('x', 1, 0.5), ('y', 1, 0.5), (null, null, null);
        insert into event values ('start', '2025-01-01 09:00:00', 1), ('start', '2025-01-01 09:00:00', 1),
            ('stop', '2025-01-01 17:30:00', null), ('stop', '2025-01-01 17:30:00', null), (null, null, null);
        insert into null_key values ('a', 1), (null, 2), (null, 2), (null, null), ('b', null);
        insert into null_pair values ('a', 'b', 1), ('a', null, 2), ('a', null, 3), (null, null, 4);
        insert into big values
            (1, 9223372036854775807, 9007199254740993, 9007199254740993, 9007199254740993, 18446744073709551615),
            (2, -9223372036854775808, 9007199254740995, 0.1, 1e308, 1), (3, 0, 9007199254740997, 1e300, 5e-324, 2);
    """
    _write(file, script)


def hostile(file: Path) -> None:
    """Names, comments and cells that break out of SQL, Jinja, YAML, COPY or a file name.

    Traps: every name of HOSTILE_NAMES as a table, whose key has the same name and is referenced by the next table, and
    as a column of every_name; comments; and cells, one trap a column, so that none hides another: mixed classes, bad
    UTF-8, NUL, `\\N`, a date column with one word, booleans in five spellings, JSON that jsonb refuses or changes, days
    and hours that do not exist, two spellings of one instant as keys, a key too long for an index, words with quotes.
    """
    script = r"""
        create table commented ( -- {{ x }}: it's a "table", isn't it? */ ); create table y (
            id integer primary key, -- {{ 7 * 7 }} {% endraw %} {% enddocs %} {# never ends
            -- key: value # no comment: "double", 'single' and `back`
            yaml text, /* - a list: [1, {2: 3}], &anchor *alias !!python/object | > % @ -- no line comment
                --- and a second line: */
            quoted text default '-- no comment, /* neither', -- 'it''s' \ \n \N \" $$ $n$ %s %(x)s {0}
            /**/ bare text, --
            checked text check (checked not in ('a, b', ');--', '/*')), --: null
            "--no" text --*/ the last: without a comma
        );
        insert into commented (id, yaml, bare) values (1, 'a: b', '{{ x }}'), (2, '- c', '{% if %}'), (3, '#', '{#');

        create table cell (id integer primary key, mixed, typed_text text, typed_number numeric, typed_integer integer);
        insert into cell values
            (1, 5, '5', '5', 5), (2, 5.0, '5.0', '5.0', '5.5'), (3, '5', '05', '05', 'x'), (4, 'x', ' 5', ' 5 ', x'35'),
            (5, x'35', '1e3', x'00ff', 1e300), (6, '1e3', '\N', 'x', null), (7, '\N', '\x35', '\t5', 7),
            (8, cast(x'6100ff' as text), '\\', 'inf', 8), (9, cast(x'c328' as text), '\.', 'NaN', 9),
            (10, '', '', '', ''), (11, null, null, null, null), (12, -0.0, char(10, 9, 13), '1_000', '0x10');

        create table document (
            id integer primary key, fine json, equal_keys json, with_nan json, with_nul json, half json, huge json, cut
        );
        create table moment (
            id integer primary key, nearly_date text, no_such_day date, skipped_hour datetime, repeated_hour datetime,
            zoned timestamp, midnight_24 time, leap_second datetime, year_0 date, day_first text, precise datetime,
            bad_text text, nul_text text
        );
        create table instant (at timestamp primary key, n integer); -- one instant, written twice
        insert into instant values
            ('2025-01-01 00:00:00', 1), ('2025-01-01T00:00:00', 2), ('2025-01-02 00:00:00', 3), ('2025-01-03', 4);
        create table long_key (key text primary key, n integer);
        create table ticket (
            id integer primary key, state text, kind text, status text check (status in ('open', 'won''t fix', 'done'))
        );

        insert into document select i, '[1, 2.50, {}]', '{"a": 1}', '{}', '{}', '{}', '{}', '[]' from n where i <= 30;
        update document set equal_keys = '{"a": 1, "a": 2}', with_nan = '{"a": NaN}', with_nul = '{"a": "\u0000"}',
            half = '{"a": "\ud83d"}', huge = '{"a": 1e999999}', cut = '{"a": ' where id = 7;
        insert into moment
            with usual (i, day, at) as (select i, day, day || 'T12:00:' || printf('%02d', i) from n where i <= 40)
            select i, day, day, at, at, at || 'Z', substr(at, 12), at, day, strftime('%d/%m/%Y', day), at,
            'a', 'a' from usual;
        update moment set nearly_date = 'soon', no_such_day = '2025-02-30', skipped_hour = '2025-03-30T03:30:00.5',
            repeated_hour = '2025-10-26T03:30:00.5', zoned = '2025-07-01T00:00:00+03:00', midnight_24 = '24:00:00',
            leap_second = '2016-12-31T23:59:60', year_0 = '0000-00-00', day_first = '31/12/24',
            precise = '2025-01-01T00:00:00.123456789', bad_text = cast(x'c328' as text),
            nul_text = cast(x'610062' as text) where id = 7;
        insert into ticket select i, case i % 4 when 0 then 'yes' when 1 then 'no' when 2 then 'null' else '~' end,
            case i % 3 when 0 then '{{ 7 * 7 }}' when 1 then 'back\slash' else '"quoted"' end,
            case i % 3 when 0 then 'open' when 1 then 'won''t fix' else 'done' end from n where i <= 60;
    """
    booleans = {"words": ("true", "false", "TRUE"), "numbers": (1, 0, None), "yes": ("yes", "no", None)}
    booleans |= {"maybe": ("yes", "no", "maybe"), "mixed": (1, "true", 0.5)}
    script += "".join(f"create table flag_{name} (id integer primary key, is_on boolean);" for name in booleans)
    flags = {f"flag_{name}": [(i, words[i % 3]) for i in range(30)] for name, words in booleans.items()}
    quoted = [quote(name) for name in HOSTILE_NAMES]
    script += f"create table every_name ({', '.join(f'{name} text' for name in quoted)});"
    for previous, name in zip([quoted[-1], *quoted], quoted, strict=False):
        parent = f"integer references {previous} ({previous})"
        script += f"create table {name} ({name} integer primary key, value text, parent {parent});"
        script += f"insert into {name} values (1, 'a', 1), (2, '', 1), (3, 'a', null);"
    # Of digests: PostgreSQL would compress a repeated letter until it fits into an index.
    keys = ["".join(sha256(f"{n} {i}".encode()).hexdigest() for i in range(79))[:5000] for n in range(3)]
    names = [HOSTILE_NAMES, HOSTILE_NAMES[::-1], (None,) * len(HOSTILE_NAMES)]
    _write(file, script, **flags, every_name=names, long_key=[(key, len(key)) for key in (*keys, "short", "")])


def empty(file: Path) -> None:
    """Traps: every usual declared type, keys and references, and not a single row to infer anything from."""
    script = """
        create table every_type (
            id integer primary key, a_integer INTEGER, a_real REAL, a_text TEXT, a_blob BLOB, a_boolean BOOLEAN,
            a_date DATE, a_time TIME, a_datetime DATETIME, a_timestamp TIMESTAMP, a_numeric NUMERIC,
            a_decimal DECIMAL(10,2), a_varchar VARCHAR(20), a_json JSON, a_zoned TIMESTAMP WITH TIME ZONE,
            a_double DOUBLE PRECISION, an_int UNSIGNED BIG INT, no_type, a_word check (a_word in ('a', 'b'))
        );
        create table parent (code varchar(20) primary key, name text not null unique, is_active boolean default true);
        create table child (parent_code varchar(20) not null references parent (code), number integer not null,
            created_at text, primary key (parent_code, number));
        create table grandchild (
            id text primary key, parent_code varchar(20), number integer, status text check (status in ('on', 'off')),
            foreign key (parent_code, number) references child (parent_code, number)
        ) without rowid;
        create table no_key (a, b);
    """
    _write(file, script)


DATABASES: dict[str, Callable[[Path], None]] = {
    function.__name__: function for function in (music_shop, trading_company, sensor_log, without_rowid, hostile, empty)
}
