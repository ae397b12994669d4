-- The view << view.name | remark >>, as << database.name >> has it. Nothing runs it: it is a start for a model of your own.
<% for line in view.lines %>
-- << line | spaced >>
<% endfor %>
