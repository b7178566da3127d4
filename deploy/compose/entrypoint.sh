#!/bin/sh
# Starts a command of Xinwen with the variables that are secrets: the file /run/secrets/MONGODB_URI gives MONGODB_URI.
set -eu
for file in "${SECRETS:-/run/secrets}"/MONGODB_URI "${SECRETS:-/run/secrets}"/XINWEN_*; do
    if [ -e "$file" ]; then
        value=$(cat "$file")
        export "${file##*/}=$value"
    fi
done
exec "$@"
