#!/usr/bin/env bash
# The whole path, one verb a line: four regions on one machine, about ten minutes on 2 cores.
# `dure demo` is the same with progress, the console open and restarts. Usage: runs/small.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
home=${1:-small}
study=runs/small.toml
languages="ko ja fr vi"
export OMP_NUM_THREADS=1 # four regions share this machine's cores

./dure sample --out "$home/text"
for language in $languages; do
  region=$home/regions/$language
  ./dure corpus build --language "$language" --in "$home/text/$language" --out "$region/corpus"
  ./dure tokenizer train --corpus "$region/corpus" --vocabulary 4096 --out "$region/tokenizer"
  ./dure corpus pack --corpus "$region/corpus" --tokenizer "$region/tokenizer/tokenizer.json" --out "$region/tokens"
  ./dure node request --home "$region" --region "$language" --out "$home/requests/$language.pem"
  ./dure hub admit --home "$home/hub" --request "$home/requests/$language.pem" --out "$region"
done

./dure hub --study $study --home "$home/hub" --exit-when-finished &
for language in $languages; do
  terms=$(./dure node terms --study $study --home "$home/regions/$language" --region "$language")
  ./dure node --study $study --home "$home/regions/$language" --region "$language" --hub https://127.0.0.1:8402 \
    --accept "$(tail -n 1 <<<"$terms")" & # who runs this is every region's institution
done
wait

for language in $languages; do
  region=$home/regions/$language
  ./dure eval --language "$language" --model "$region/model" --twin "$region/twin" --corpus "$region/corpus" --out "$region/again.json"
  ./dure release --name "$language" --language "$language" --model "$region/model" --evaluation "$region/evaluation.json" \
    --corpus "$region/corpus" --ledger "$home/hub/ledger" --study $study --key "$region/key.pem" --out "$home/release/$language"
  ./dure verify "$home/release/$language" --key "$home/release/$language/public-key.pem"
done

./dure generate "$home/release/ko" --prompt '문서를 저장하려면 ' --max-tokens 40
./dure serve "$home"/release/*
