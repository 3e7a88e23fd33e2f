package org.dure.federation.log;

import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.federation.protocol.Circles;

/// Reads events, also as they were written before there were circles: their one is that of all.
final class OldEvents {
  /// How the bodies of merges and returns began then, as they were always written.
  private static final Pattern OLD =
      Pattern.compile("\\{\"round\":\\d{1,9},(\"base\":\\d{1,9},)?\"weights\":");

  private static final int MOST_BEGIN = 60;

  private record Merged(
      int round,
      String weights,
      String momentum,
      double norm,
      SortedMap<String, Event.Part> parts) {
    Event.Merged now() {
      return new Event.Merged(round, all(new Event.Circle(weights, momentum, norm, parts)));
    }
  }

  private record Undone(int round, int base, String weights, String momentum, Event.Cause cause) {
    Event.Undone now() {
      return new Event.Undone(round, base, all(new Event.Standing(weights, momentum)), cause);
    }
  }

  private OldEvents() {}

  private static <V> SortedMap<String, V> all(V value) {
    SortedMap<String, V> one = new TreeMap<>();
    one.put(Circles.ALL, value);
    return one;
  }

  /// @throws DureException with [org.dure.core.ErrorCode#INPUT_MALFORMED] if the body is none of
  ///     that kind
  static Event read(byte[] body, Class<? extends Event> kind) {
    boolean circled = kind == Event.Merged.class || kind == Event.Undone.class;
    if (circled && isOld(body)) {
      return kind == Event.Merged.class
          ? Json.read(body, Merged.class).now()
          : Json.read(body, Undone.class).now();
    }
    return Json.read(body, kind);
  }

  private static boolean isOld(byte[] body) {
    int length = Math.min(body.length, MOST_BEGIN);
    return OLD.matcher(new String(body, 0, length, StandardCharsets.ISO_8859_1)).lookingAt();
  }
}
