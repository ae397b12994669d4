{% macro retry_locks() -%}
    {#- plpgsql around statements that lock several tables. A session that has to wait lets go of all that it locked
        here before PostgreSQL looks for a deadlock, so that others can finish, and then tries again. The last try waits
        as long as it takes. -#}
    declare
        patience constant text := current_setting('lock_timeout');
    begin
        for attempt in 1..20 loop
            begin
                if attempt < 20 then
                    set local lock_timeout = '500ms';
                end if;
                {{ caller() }}
                exit;
            exception when lock_not_available or deadlock_detected then
                if attempt = 20 then
                    raise;
                end if;
            end;
        end loop;
        perform set_config('lock_timeout', patience, true);
    end;
{%- endmacro %}
