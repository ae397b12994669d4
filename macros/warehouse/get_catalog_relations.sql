{% macro postgres__get_catalog_relations(information_schema, relations) %}
    {#- dbt's own puts names between quotes as they are, and those of raw tables may hold quotes. -#}
    {% set quoted = [] %}
    {% for relation in relations %}
        {% do quoted.append({'schema': relation.schema, 'identifier': relation.identifier | replace("'", "''")}) %}
    {% endfor %}
    {{ return(dbt.postgres__get_catalog_relations(information_schema, quoted)) }}
{% endmacro %}
