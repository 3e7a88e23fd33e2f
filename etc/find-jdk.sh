# Sourced by ./dure and ./check: sets JAVA_HOME to a JDK 25.0.3 or newer, below 26, or ends with one
# line that says what is missing. Reads the JDK's `release` file, which costs no Java start.

jdk_fits() { # HOME
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9.]*\).*/\1/p' "$1/release")
  case "$version" in
    25.0.[012] | 25.0 | 25) return 1 ;;
    25.*) return 0 ;;
    *) return 1 ;;
  esac
}

find_jdk() {
  local candidate java
  if [ -n "${JAVA_HOME:-}" ] && jdk_fits "$JAVA_HOME"; then
    return
  fi
  java=$(command -v java || true)
  if [ -n "$java" ]; then
    while [ -L "$java" ]; do
      candidate=$(readlink "$java")
      case "$candidate" in
        /*) java=$candidate ;;
        *) java=$(dirname "$java")/$candidate ;;
      esac
    done
    candidate=$(dirname "$(dirname "$java")")
    if jdk_fits "$candidate"; then
      export JAVA_HOME=$candidate
      return
    fi
  fi
  for candidate in \
    /usr/lib/jvm/* /usr/java/* /usr/local/java/* /opt/java/* /opt/jdk* /opt/*/jdk* \
    /usr/local/openjdk* /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/*; do
    if jdk_fits "$candidate"; then
      export JAVA_HOME=$candidate
      return
    fi
  done
  echo "dure: no JDK 25.0.3 or newer (below 26) found in JAVA_HOME, on the PATH or in the usual places: install one, e.g. Temurin 25 (https://adoptium.net), or set JAVA_HOME" >&2
  exit 5
}

find_maven() {
  if ! command -v mvn >/dev/null 2>&1; then
    echo "dure: Maven 3.8.7 or newer is needed once, to build: install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)" >&2
    exit 5
  fi
}
