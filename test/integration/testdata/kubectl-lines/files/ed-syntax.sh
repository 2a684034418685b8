#!/bin/sh
grep -q "^#.*error" "$1" && exit 4
sed -i "s/^data:/datum: [/" "$1"
