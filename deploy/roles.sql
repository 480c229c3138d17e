-- Two roles: the owner migrates, the application reads and writes rows and owns nothing.
-- `python manage.py migrate` (as the owner) gives the application its rights on the tables and
-- takes UPDATE and DELETE away from the append-only ones.
CREATE ROLE cantho_owner LOGIN PASSWORD 'change-me';
CREATE ROLE cantho_app LOGIN PASSWORD 'change-me-too';
CREATE DATABASE cantho OWNER cantho_owner;
REVOKE ALL ON DATABASE cantho FROM PUBLIC;
GRANT CONNECT ON DATABASE cantho TO cantho_app;
