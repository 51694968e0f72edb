#!/bin/bash
# Installs what the sandbox and the offline images need on Debian: a Docker engine of 23 or newer, debootstrap and iptables.
# usage: install-engine.sh      needs: root. Running it again changes nothing.
# Debian 12's own engine (20.10) refuses privileged containers where root lacks a capability; Debian 13's (26.1) does not, and installs
# on Debian 12. Its suite is added with a low pin, so that nothing else is ever taken from it; the mirror is the one apt uses already.
set -euo pipefail
newest=trixie least_engine=23
say() { printf 'install-engine: %s\n' "$*" >&2; }
[ "$(id -u)" = 0 ] || { say "needs root: run it with sudo"; exit 2; }
command -v apt-get > /dev/null || { say "is for Debian; install a Docker engine of $least_engine or newer in your system's own way"; exit 2; }

engine_is_new() {
  local version; version=$(dockerd --version 2> /dev/null | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$version" -ge "$least_engine" ]
}
tools=(debootstrap iptables iproute2 util-linux)
missing=(); for tool in "${tools[@]}"; do dpkg -s "$tool" > /dev/null 2>&1 || missing+=("$tool"); done
engine_is_new && [ ${#missing[@]} = 0 ] && { say "nothing to do: $(dockerd --version)"; exit 0; }

export DEBIAN_FRONTEND=noninteractive
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
if ! engine_is_new && [ "$codename" != "$newest" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk -v suite="$codename" '$2 == suite {print $1; exit}')
  [ -n "$mirror" ] || { say "apt knows no Debian mirror for $codename: run apt-get update first"; exit 1; }
  cat > /etc/apt/sources.list.d/slot-chaos-engine.sources <<SOURCES
Types: deb
URIs: $mirror
Suites: $newest
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 50\n' "$newest" > /etc/apt/preferences.d/slot-chaos-engine
fi
apt-get update -qq
[ ${#missing[@]} = 0 ] || apt-get install -y -qq --no-install-recommends "${missing[@]}"
if ! engine_is_new; then
  # the package would start an engine on the machine's own network: nobody asked for that one
  policy=/usr/sbin/policy-rc.d; [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; }
  suite=(); [ "$codename" = "$newest" ] || suite=(-t "$newest")
  apt-get install -y -qq --no-install-recommends "${suite[@]}" docker.io docker-cli
fi
engine_is_new || { say "dockerd is still missing or too old: $(dockerd --version 2>&1)"; exit 1; }
say "ready: $(dockerd --version)"
