-- A text as people look for it: without its accents, and in lower case. Who types "Jose" finds José, and the other way round.
CREATE FUNCTION metadata.searched(told text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(regexp_replace(normalize(told, NFD), '[\u0300-\u036f]', '', 'g'));
COMMENT ON FUNCTION metadata.searched IS
    'A text in lower case and without accents, as mappings index what is `searched`: metadata.searched(full_name) LIKE ''jose%''.';

DROP INDEX person.people_full_name_searched, person.people_last_name_searched;
CREATE INDEX people_full_name_searched ON person.people (metadata.searched(full_name) text_pattern_ops);
CREATE INDEX people_last_name_searched ON person.people (metadata.searched(last_name) text_pattern_ops);
