{% macro fail_run(message) %}
    {#- A hook that fails in SQL ends the run with exit code 1; a compiler error ends it with 2, without a summary. -#}
    do {{ quote_text("begin raise exception '%', " ~ quote_text(message) ~ "; end") }}
{% endmacro %}
