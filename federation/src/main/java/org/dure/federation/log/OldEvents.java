package org.dure.federation.log;

import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.federation.protocol.Circles;

/// Reads events, also as they were written before there were circles and families: their one is
/// that of all.
final class OldEvents {
  /// How the bodies of merges, returns and preparations began then, as they were always written.
  private static final Pattern OLD =
      Pattern.compile("\\{(\"round\":\\d{1,9},(\"base\":\\d{1,9},)?\"weights\":|\"common\":\")");

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

  private record Prepared(
      String common, SortedMap<String, String> parts, SortedMap<String, String> leftOut) {
    Event.Prepared now() {
      return new Event.Prepared(all(common), parts, leftOut);
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
    if (kind == Event.Merged.class && isOld(body)) {
      return Json.read(body, Merged.class).now();
    }
    if (kind == Event.Undone.class && isOld(body)) {
      return Json.read(body, Undone.class).now();
    }
    if (kind == Event.Prepared.class && isOld(body)) {
      return Json.read(body, Prepared.class).now();
    }
    return Json.read(body, kind);
  }

  private static boolean isOld(byte[] body) {
    int length = Math.min(body.length, MOST_BEGIN);
    return OLD.matcher(new String(body, 0, length, StandardCharsets.ISO_8859_1)).lookingAt();
  }
}
