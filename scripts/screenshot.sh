#!/bin/sh
# Take pictures of a page at phone, laptop and print width: sh scripts/screenshot.sh page.html
set -eu
page=$(realpath "$1")
for width in 390 1280; do
  profile=$(mktemp -d)
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$profile" --hide-scrollbars \
    --window-size="$width,6000" --screenshot="${page%.html}-$width.png" "file://$page" 2>/dev/null
  rm -rf "$profile"
done
profile=$(mktemp -d)
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --user-data-dir="$profile" --no-pdf-header-footer \
  --print-to-pdf="${page%.html}.pdf" "file://$page" 2>/dev/null
rm -rf "$profile"
