{% macro postgres__persist_docs(relation, node, for_relation, for_columns) %}
    {#- Takes the place of dbt's own, which asks three times and writes every description at every build. -#}
    {% set wanted = {} %}
    {% if for_relation and config.persist_relation_docs() and node.description %}
        {% do wanted.update({'': node.description}) %}
    {% endif %}
    {% if for_columns and config.persist_column_docs() %}
        {% for name, column in node.columns.items() if column.description %}
            {% do wanted.update({name: column.description}) %}
        {% endfor %}
    {% endif %}
    {% if wanted %}
        {% do run_query(write_descriptions(relation, wanted)) %}
    {% endif %}
{% endmacro %}

{% macro write_descriptions(relation, descriptions) %}
    {% set block %}
    declare
        described constant regclass := {{ quote_text(relation) }};
        wanted record;
    begin
        for wanted in
            select place.name, words.description
            from (
                values
                {% for name, description in descriptions.items() -%}
                ({{ quote_text(name) }}, {{ quote_text(description) }}){{ ',' if not loop.last }}
                {% endfor %}
            ) as words (name, description)
            inner join (
                select attname::text, attnum from pg_attribute where attrelid = described and attnum > 0
                union all
                select '', 0
            ) as place (name, number)
                on words.name = place.name
            where words.description is distinct from col_description(described, place.number)
        loop
            if wanted.name = '' then
                execute format('comment on %s %s is %L', {{ quote_text(relation.type | replace('_', ' ')) }}, described, wanted.description);
            else
                execute format('comment on column %s.%I is %L', described, wanted.name, wanted.description);
            end if;
        end loop;
    end
    {% endset %}
    do {{ quote_text(block) }}
{% endmacro %}
