#!/usr/bin/env bash
# Kills csalign pretrain with SIGKILL at random moments, resumes it each time, and compares what it leaves, byte for
# byte, with an uninterrupted run. Usage: tests/kill-and-resume.sh [KILLS=10]
# It needs the pretraining icons (npm), about 15 minutes once, so CI has a shorter form on other data (AlignKillTests).
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q -nologo src/CsAligner.Cli
csalign=(dotnet src/CsAligner.Cli/bin/Release/net10.0/csalign.dll)

cat > "$work/recipe.json" <<'RECIPE'
{
  "name": "kill-test", "seed": 1, "projection_width": 64, "image_size": 64, "patch_size": 16, "context_length": 16,
  "vocabulary_size": 1024,
  "vision": { "width": 64, "layers": 2, "heads": 2 },
  "text": { "width": 64, "layers": 2, "heads": 2 },
  "batch_size": 128, "steps": 600, "warmup_steps": 20, "learning_rate": 0.001
}
RECIPE

pretrain() { exec "${csalign[@]}" pretrain "$work/recipe.json" --out "$work/$1" --resume --checkpoint-interval 1; }

echo "an uninterrupted run"
began=$SECONDS
(pretrain whole) 2> "$work/whole.log"
span=$((SECONDS - began))

done_kills=0
while [ "$done_kills" -lt "$kills" ]; do
  (pretrain cut) 2>> "$work/cut.log" &
  process=$!
  # Long enough to get under way, short enough that the run is not over after a few kills.
  sleep "$((3 + RANDOM % (span / 4 + 2))).$((RANDOM % 10))"
  if ! kill -9 "$process" 2> /dev/null; then
    wait "$process"
    echo "the run ended after $done_kills kills; starting it anew to go on"
    (cd "$work" && sha256sum cut/model.safetensors cut/training-log.jsonl | sed 's, cut/, whole/,' | sha256sum --check --quiet)
    rm -rf "$work/cut"
    continue
  fi
  wait "$process" 2> /dev/null || true
  done_kills=$((done_kills + 1))
  echo "kill $done_kills, at $(tr '\r' '\n' < "$work/cut.log" | grep -o 'training [0-9]*/[0-9]*' | tail -1 || true)"
done

(pretrain cut) 2>> "$work/cut.log"
(cd "$work" && sha256sum cut/*.* | sed 's, cut/, whole/,' | sha256sum --check)
