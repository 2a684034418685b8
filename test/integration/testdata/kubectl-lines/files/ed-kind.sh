#!/bin/sh
sed -i "s/kind: ConfigMap/kind: Foo/" "$1"
