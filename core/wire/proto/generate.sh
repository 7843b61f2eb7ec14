#!/bin/sh
# Writes core/wire/gen from the .proto files beside this script. Needs protoc and npm; run it after changing a schema
# and commit what it wrote.
set -eu
cd "$(dirname "$0")"
plugin=$(mktemp -d)
trap 'rm -rf "$plugin"' EXIT
npm install --silent --no-save --prefix "$plugin" @bufbuild/protoc-gen-es@2.17.0
protoc -I . --plugin="$plugin/node_modules/.bin/protoc-gen-es" --es_out=../gen \
  --es_opt=target=ts,import_extension=ts,erasable_syntax=true ./*.proto
