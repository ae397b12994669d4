{% macro postgres__get_catalog_relations(information_schema, relations) %}
    {#- dbt's own puts names between quotes as they are. Names of raw tables may hold quotes. -#}
    {% set quoted = [] %}
    {% for relation in relations %}
        {% set literal = quote_text(relation.identifier) %}
        {% do quoted.append({'schema': relation.schema, 'identifier': literal[2:-1]}) %}
    {% endfor %}
    {{ return(dbt.postgres__get_catalog_relations(information_schema, quoted)) }}
{% endmacro %}
