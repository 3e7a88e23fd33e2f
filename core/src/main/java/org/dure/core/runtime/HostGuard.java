package org.dure.core.runtime;

import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Tells requests that were meant for a listener from those that a web page elsewhere sends to it
/// through somebody's browser.
///
/// A browser lets every page send requests to every address, and a page may give its own host name
/// this machine's address ("DNS rebinding"), after which it may read the answers too. Two headers
/// give both away, and no page can change them: `Host` says under which name the listener was
/// asked, `Origin` which page asks. Programs other than browsers send no `Origin`. Immutable and
/// thread-safe.
public final class HostGuard {
  /// Every web page may ask.
  public static final String ANY_ORIGIN = "*";

  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9._-]+)(?::[0-9]{1,5})?");
  private static final Pattern ORIGIN = Pattern.compile("(?:[a-z][a-z0-9+.-]*)://([^/?#@\\s]+)");

  /// A number of an IPv4 address as it is written, not as some read it: `010` is 8 to them.
  private static final String NUMBER = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|.*\\.localhost|127(?:\\.%s){3}|\\[::1]".formatted(NUMBER));
  private static final Pattern ADDRESS =
      Pattern.compile("%1$s(?:\\.%1$s){3}|\\[[0-9a-f:.]+]".formatted(NUMBER));

  /// Who asks.
  public enum Asker {
    /// A program, or a page of this listener itself.
    OWN,
    /// A page of an origin that is let in.
    ADMITTED,
    /// Whoever it is asked for another host.
    FOREIGN_HOST,
    /// A page of an origin that is not let in.
    FOREIGN_ORIGIN
  }

  private final Set<String> names = new HashSet<>();
  private final Set<String> origins = new HashSet<>();
  private final boolean everyAddress;

  private HostGuard(boolean everyAddress) {
    this.everyAddress = everyAddress;
  }

  /// A guard that lets in no other origin and knows no other name than where it listens.
  public static HostGuard of(String listening) {
    return of(listening, Set.of(), Set.of());
  }

  /// A guard for a listener.
  ///
  /// @param listening the address it listens on; `0.0.0.0` and `::` stand for all of the machine's,
  ///     and then it may be asked under any address, since none can be another's name
  /// @param names further names under which it may be asked, e.g. `models.example.org`
  /// @param origins whose pages may ask, e.g. `https://app.example.org`, or [#ANY_ORIGIN]
  /// @throws DureException with [ErrorCode#USAGE] naming what is no name or origin
  public static HostGuard of(
      String listening, Collection<String> names, Collection<String> origins) {
    String own = listening.contains(":") ? "[" + listening + "]" : listening;
    HostGuard guard = new HostGuard(own.equals("0.0.0.0") || own.equals("[::]"));
    guard.names.add(own.toLowerCase(Locale.ROOT));
    for (String name : names) {
      String found = name(name);
      if (found.isEmpty()) {
        throw new DureException(
            ErrorCode.USAGE,
            "\"%s\" is not the name of a host: expected one such as models.example.org"
                .formatted(name));
      }
      guard.names.add(found);
    }
    for (String origin : origins) {
      String lower = origin.toLowerCase(Locale.ROOT);
      if (!lower.equals(ANY_ORIGIN) && !ORIGIN.matcher(lower).matches()) {
        throw new DureException(
            ErrorCode.USAGE,
            "\"%s\" is not an origin: expected one such as https://app.example.org, without a path"
                .formatted(origin));
      }
      guard.origins.add(lower);
    }
    return guard;
  }

  /// Who asks, by the request's headers.
  ///
  /// @param host the header `Host`
  /// @param origin the header `Origin`
  public Asker asker(@Nullable String host, @Nullable String origin) {
    String name = name(host == null ? "" : host);
    if (!knows(name)) {
      return Asker.FOREIGN_HOST;
    }
    if (origin == null) {
      return Asker.OWN;
    }
    String from = origin.toLowerCase(Locale.ROOT);
    if (origins.contains(ANY_ORIGIN) || origins.contains(from)) {
      return Asker.ADMITTED;
    }
    Matcher parts = ORIGIN.matcher(from);
    // The scheme is not compared: in front of this listener a proxy may speak TLS.
    boolean own = parts.matches() && parts.group(1).equalsIgnoreCase(host);
    return own ? Asker.OWN : Asker.FOREIGN_ORIGIN;
  }

  private boolean knows(String name) {
    return names.contains(name)
        || LOOPBACK.matcher(name).matches()
        || (everyAddress && ADDRESS.matcher(name).matches());
  }

  /// The name in a header `Host`, without its port; empty if there is none.
  private static String name(String host) {
    Matcher parts = HOST.matcher(host.toLowerCase(Locale.ROOT));
    return parts.matches() ? parts.group(1).replaceFirst("\\.$", "") : "";
  }
}
