#!/bin/sh
sed -i "s/^  name: .*/  name: renamed/" "$1"
