#!/bin/sh
: > "$1"
