{% macro refuse_to_build_less() %}
    {#- SQL that fails where an option lets models select less than all, and one of them holds rows: `sync` would delete
        what is not selected. -#}
    {% set options = [] %}
    {% for option in ['empty', 'sample', 'event_time_start', 'event_time_end'] if invocation_args_dict.get(option) %}
        {% do options.append('--' ~ option | replace('_', '-')) %}
    {% endfor %}
    {% if options %}
        {% set block %}
            declare
                relation text;
                is_filled boolean;
            begin
                foreach relation in array array[{{ quote_texts(built_relations()) }}]::text[] loop
                    if to_regclass(relation) is not null then
                        execute format('select exists (select from %s)', relation) into is_filled;
                        if is_filled then
                            raise exception '% selects less than all, and % holds rows that it would take away: leave the option out, or build into an empty target.',
                                {{ quote_text(options | join(', ')) }}, to_regclass(relation);
                        end if;
                    end if;
                end loop;
            end
        {% endset %}
        do {{ quote_text(block) }};
    {% endif %}
{% endmacro %}

{% macro built_relations() %}
    {% set names = [] %}
    {% for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot'] and node.relation_name %}
        {% do names.append(node.relation_name) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}
