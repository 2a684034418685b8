#!/bin/sh
# Deploys every WAR file in webapps under its own name, as Tomcat does, and serves them on port 8080 in the foreground.
home=/root/apache-tomcat-7.0.42-v2
mkdir -p "$home/work"
for war in "$home"/webapps/*.war; do
  [ -e "$war" ] || continue
  name=$(basename "$war" .war)
  mkdir -p "$home/work/$name"
  unzip -q -o "$war" -d "$home/work/$name"
  echo "Deployed $war as /$name"
done
echo "Listening on port 8080"
exec httpd -f -v -p 8080 -h "$home/work"
