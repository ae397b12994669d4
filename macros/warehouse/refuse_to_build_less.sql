{% macro refuse_to_build_less() %}
    {#- SQL that fails if an option lets models select less than all and one of them holds rows, because `sync` would
        delete what is not selected. -#}
    {% set options = [] %}
    {% for option in ['empty', 'sample', 'event_time_start', 'event_time_end'] if invocation_args_dict.get(option) %}
        {% do options.append('--' ~ option | replace('_', '-')) %}
    {% endfor %}
    {% if options %}
        {% set block %}
            declare
                relation regclass;
                is_filled boolean;
            begin
                for relation in {{ built_relations() }} loop
                    execute format('select exists (select from %s)', relation) into is_filled;
                    if is_filled then
                        raise exception
                            '% selects less than all, and % holds rows that it would take away: '
                            'leave the option out, or build into an empty target.',
                            {{ quote_text(options | join(', ')) }}, relation;
                    end if;
                end loop;
            end
        {% endset %}
        do {{ quote_text(block) }};
    {% endif %}
{% endmacro %}

{% macro built_relations() -%}
    {#- SQL for the tables that are built and the views that read sources. Other views show what these have. -#}
    {% set types = ['model'] if flags.WHICH == 'run' else ['model', 'seed', 'snapshot'] %}
    select class.oid::regclass
    from (
        values
        {% for node in graph.nodes.values() if node.resource_type in types and node.relation_name %}
        ({{ quote_text(node.relation_name) }}, {{ 'true' if node.sources else 'false' }}),
        {% endfor %}
        ('', false)
    ) as built (name, reads_sources)
    inner join pg_class as class on class.oid = to_regclass(built.name)
    where class.relkind <> 'v' or built.reads_sources
    order by class.relkind <> 'r', built.name
{%- endmacro %}
