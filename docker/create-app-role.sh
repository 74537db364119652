#!/bin/sh
# Runs once, when the database is made: the role of the services, which owns nothing. Migrations grant what it may do.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/app_password)" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE hotline_app LOGIN PASSWORD :'password';
SQL
