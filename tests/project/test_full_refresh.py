"""What people have put on a table or view stays on it when it has to be made anew."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Warehouse

PUT = (
    "drop role if exists a_reader",
    "drop role if exists an_owner",
    "create role a_reader",
    "create role an_owner",
    "alter default privileges in schema analytics grant select on tables to pg_monitor",
    "grant select on analytics.posts to a_reader with grant option",
    "grant update (views, likes) on analytics.posts to a_reader",
    "grant references (post_id) on analytics.posts to public",
    "grant select on staging.stg_content_analytics__posts to a_reader",
    "grant update (views) on staging.stg_content_analytics__posts to a_reader",
    "alter table analytics.posts set (fillfactor = 70)",
    "alter table analytics.posts enable row level security",
    "create policy by_hand on analytics.posts as restrictive for select to a_reader, public using (views > 0)",
    "create function public.nothing() returns trigger language plpgsql as 'begin return new; end'",
    "create trigger by_hand before insert on analytics.posts for each row execute function public.nothing()",
    "create table public.bookmark (post_id text constraint by_hand references analytics.posts (post_id))",
)
ON = (
    "select relname, relacl::text, pg_get_userbyid(relowner), reloptions, relrowsecurity from pg_class"
    " where relname in ('posts', 'stg_content_analytics__posts') and relnamespace in ('analytics'::regnamespace,"
    " 'staging'::regnamespace) order by 1",
    "select attrelid::regclass::text, attname, attacl::text from pg_attribute where attacl is not null"
    " and attrelid::regclass::text in ('analytics.posts', 'staging.stg_content_analytics__posts') order by 1, 2",
    "select policyname, permissive, roles::text, cmd, qual, with_check from pg_policies where tablename = 'posts'",
    "select tgname from pg_trigger where tgrelid = 'analytics.posts'::regclass and not tgisinternal order by 1",
    "select conrelid::regclass::text, conname from pg_constraint where confrelid = 'analytics.posts'::regclass",
)


def test_what_people_have_put_on_a_table_or_view_stays(warehouse: "Warehouse") -> None:
    for statement in PUT:
        warehouse.query(statement)
    warehouse.query("alter table analytics.posts owner to an_owner")
    before = [warehouse.query(statement) for statement in ON]
    assert all(before)
    (definition,) = warehouse.query("select pg_get_viewdef('staging.stg_content_analytics__posts'::regclass)")[0]
    warehouse.query(
        "create or replace view staging.stg_content_analytics__posts as select *, 1 as one_more"
        f" from ({definition.rstrip(';')}) as built"
    )
    done = warehouse.dbt("run", "--full-refresh", "-s", "stg_content_analytics__posts", "posts")
    assert done.returncode == 0, done.stdout
    columns = warehouse.query("select 1 from pg_attribute where attname = 'one_more'")
    assert columns == []
    assert [warehouse.query(statement) for statement in ON] == before


def test_a_key_of_other_peoples_tables_is_never_lost_without_a_word(warehouse: "Warehouse") -> None:
    warehouse.query("create table public.bookmark (id text constraint by_hand references analytics.graph_patterns)")
    warehouse.query("insert into public.bookmark select min(pattern_id) from analytics.graph_patterns")
    keys = "select conname from pg_constraint where conrelid = 'public.bookmark'::regclass and contype = 'f'"
    with warehouse.sqlite("advanced_graph_rag_analytics") as source:
        source.execute("delete from graph_patterns")
    assert warehouse.synapse("load").returncode == 0
    rows = warehouse.query("select count(*) from analytics.graph_patterns")
    for options in ((), ("--full-refresh",)):
        done = warehouse.dbt("run", "-s", "graph_patterns", *options)
        assert done.returncode == 1
        assert "by_hand" in done.stdout
        assert warehouse.query(keys) == [("by_hand",)]
        assert warehouse.query("select count(*) from analytics.graph_patterns") == rows
