# shellcheck shell=bash disable=SC2034
# What the scripts beside this file share. Progress goes to standard error, results to standard
# output.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
script_name=${0##*/}

say() { echo "$script_name: $*" >&2; }

# The script cannot do what was asked: one line, exit 1.
fail() {
  say "$*"
  exit 1
}

# The script was called wrongly: one line, exit 2.
fail_usage() {
  say "$*; see $0 --help"
  exit 2
}

# Runs a command and shows what it printed only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# The mirror from which this machine takes its main archive of a Debian release, by its codename.
# Empty where there is none, or where apt has no lists yet.
mirror_of() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v codename="$1" '$1 == codename && $2 == "main" { print $3; exit }'
}

# The files of this project that match one of the patterns, new ones too, one a line. REQUIRES: the
# working directory is $root.
sources() {
  git -c safe.directory="$root" ls-files --cached --others --exclude-standard -- "$@" |
    while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}
