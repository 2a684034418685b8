#!/bin/sh
sed -i "s/a: \"1\"/a: \"edited\"/" "$1"
