#!/bin/sh
sed -i "s/app: x$/app: x y/" "$1"
