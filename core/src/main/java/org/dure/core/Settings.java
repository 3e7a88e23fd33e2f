package org.dure.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.dataformat.toml.TomlMapper;

/// A TOML file read key by key, which remembers every problem and reports all of them at once.
///
/// ```java
/// Settings settings = Settings.of(file);
/// int rounds = settings.integer("rounds", 15, 1, 100_000);
/// String name = settings.required("name");
/// settings.finish();   // throws with every problem, unknown keys with the nearest valid one
/// ```
///
/// Keys are dotted paths (`model.width`). A getter that finds a problem returns the default, or a
/// harmless value, so that reading can go on; [#finish] must be called before any value is used.
/// Not thread-safe.
public final class Settings {
  private static final TomlMapper TOML = new TomlMapper();
  private static final int MOST_BYTES = 16 << 20;

  private final String source;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final TreeSet<String> known = new TreeSet<>();
  private final Map<String, Object> resolved = new LinkedHashMap<>();
  /// Study and workload read the same settings one after the other: each problem once.
  private final SequencedSet<String> problems = new LinkedHashSet<>();

  private Settings(String source, String toml) {
    this.source = source;
    try {
      Object tree = TOML.readValue(toml, Map.class);
      if (tree instanceof Map<?, ?> map) {
        flatten("", map);
      }
    } catch (JacksonException e) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "%s is not valid TOML: %s (line %d)"
              .formatted(
                  source,
                  Printable.line(e.getOriginalMessage()),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
          e);
    }
  }

  /// Reads the file. A byte order mark before its first key, as Windows' editors write one, is
  /// none of it.
  ///
  /// @throws DureException if the file cannot be read or is not TOML
  public static Settings of(Path file) {
    AtomicFiles.requireFile(file);
    try {
      String text;
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
          throw new DureException(
              ErrorCode.CONFIGURATION_INVALID,
              "%s is larger than 16 MiB: no file of settings".formatted(file));
        }
        text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      }
      return new Settings(file.toString(), text.startsWith("\ufeff") ? text.substring(1) : text);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// @param source how problems name the text's origin
  public static Settings parse(String source, String toml) {
    return new Settings(source, toml);
  }

  private void flatten(String prefix, Map<?, ?> map) {
    map.forEach(
        (key, value) -> {
          String path = prefix + key;
          if (value instanceof Map<?, ?> nested) {
            flatten(path + ".", nested);
          } else if (value != null) {
            values.put(path, value);
          }
        });
  }

  /// Replaces or adds one value, as `--set key=value` does; the text is read as TOML, or as a plain
  /// string where it is none.
  public Settings set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      problems.add("--set %s: expected KEY=VALUE".formatted(assignment));
      return this;
    }
    String key = assignment.substring(0, equals).strip();
    String text = assignment.substring(equals + 1).strip();
    Object value = text;
    try {
      Object tree = TOML.readValue("value = " + text, Map.class);
      if (tree instanceof Map<?, ?> map && map.get("value") != null) {
        value = map.get("value");
      }
    } catch (JacksonException e) {
      value = text;
    }
    if (value != null) {
      values.put(key, value);
    }
    return this;
  }

  /// Whether the key is given.
  public boolean has(String key) {
    known.add(key);
    return values.containsKey(key);
  }

  public String string(String key, String defaultValue) {
    Object value = take(key);
    if (value == null) {
      return resolve(key, defaultValue);
    }
    if (value instanceof String text) {
      return resolve(key, text);
    }
    wrong(key, value, "a string in quotes");
    return defaultValue;
  }

  /// A string that must be given.
  public String required(String key) {
    if (!values.containsKey(key)) {
      known.add(key);
      problems.add("%s is missing: expected a string".formatted(key));
      return "";
    }
    return string(key, "");
  }

  /// A string out of `allowed`.
  public String choice(String key, String defaultValue, List<String> allowed) {
    String value = string(key, defaultValue);
    if (!allowed.contains(value)) {
      problems.add(
          "%s is \"%s\": expected one of %s%s"
              .formatted(key, value, String.join(", ", allowed), hint(value, allowed)));
      return defaultValue;
    }
    return value;
  }

  /// The constant whose word it is.
  public <E extends Enum<E> & Named> E choice(String key, E defaultValue) {
    Class<E> type = defaultValue.getDeclaringClass();
    String word = choice(key, defaultValue.word(), Named.words(type));
    return Named.find(type, word).orElse(defaultValue);
  }

  public int integer(String key, int defaultValue, int least, int most) {
    return (int) wholeNumber(key, defaultValue, least, most);
  }

  public long wholeNumber(String key, long defaultValue, long least, long most) {
    Object value = take(key);
    if (value == null) {
      return resolve(key, defaultValue);
    }
    if (value instanceof Integer || value instanceof Long) {
      long found = ((Number) value).longValue();
      if (found >= least && found <= most) {
        return resolve(key, found);
      }
      problems.add(
          "%s is %d: expected a whole number from %d to %d".formatted(key, found, least, most));
      return defaultValue;
    }
    wrong(key, value, "a whole number from %d to %d".formatted(least, most));
    return defaultValue;
  }

  public double number(String key, double defaultValue, double least, double most) {
    Object value = take(key);
    if (value == null) {
      return resolve(key, defaultValue);
    }
    if (value instanceof Number number) {
      double found = number.doubleValue();
      if (found >= least && found <= most) {
        return resolve(key, found);
      }
    }
    wrong(key, value, "a number from %s to %s".formatted(least, most));
    return defaultValue;
  }

  public boolean truth(String key, boolean defaultValue) {
    Object value = take(key);
    if (value == null) {
      return resolve(key, defaultValue);
    }
    if (value instanceof Boolean truth) {
      return resolve(key, truth);
    }
    wrong(key, value, "true or false");
    return defaultValue;
  }

  /// A list of strings.
  public List<String> strings(String key, List<String> defaultValue) {
    Object value = take(key);
    if (value == null) {
      return resolve(key, defaultValue);
    }
    if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return resolve(key, list.stream().map(String.class::cast).toList());
    }
    wrong(key, value, "a list of strings");
    return defaultValue;
  }

  /// The names below `prefix`: for `[regions.ko]` and `[regions.ja]`, `names("regions")` is `ko,
  /// ja`, in the file's order.
  public List<String> names(String prefix) {
    return values.keySet().stream()
        .filter(key -> key.startsWith(prefix + "."))
        .map(key -> key.substring(prefix.length() + 1))
        .map(rest -> rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest)
        .distinct()
        .toList();
  }

  /// Adds a problem that only the caller can see.
  public void problem(String text) {
    // The file may be another's.
    problems.add(Printable.line(text));
  }

  /// Every key with the value that holds, defaults included, in the order in which they were read.
  Map<String, Object> resolved() {
    return Collections.unmodifiableMap(resolved);
  }

  /// The resolved values as a TOML text that reads back to the same values.
  public String toToml() {
    return toml(resolved);
  }

  /// Strings, numbers, booleans and lists of strings as TOML, a line a key.
  static String toml(Map<String, Object> values) {
    StringBuilder out = new StringBuilder();
    values.forEach(
        (key, value) -> out.append(key).append(" = ").append(literal(value)).append('\n'));
    return out.toString();
  }

  /// JSON's literals are TOML's, but for DEL, which TOML wants escaped.
  private static String literal(Object value) {
    return switch (value) {
      case String text -> Json.text(text).replace("\u007f", "\\u007f");
      case List<?> list -> Json.text(list).replace("\u007f", "\\u007f");
      default -> value.toString();
    };
  }

  /// Throws if anything was wrong: all problems, one a line, unknown keys with the nearest valid
  /// one.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID]
  public void finish() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        problems.add("unknown key %s%s".formatted(key, hint(key, known)));
      }
    }
    if (!problems.isEmpty()) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "%s has %d problem%s:%n  - %s"
              .formatted(
                  source,
                  problems.size(),
                  problems.size() == 1 ? "" : "s",
                  String.join("%n  - ".formatted(), problems)));
    }
  }

  private @Nullable Object take(String key) {
    known.add(key);
    return values.get(key);
  }

  private <T> T resolve(String key, T value) {
    resolved.put(key, value);
    return value;
  }

  private void wrong(String key, Object found, String expected) {
    problems.add("%s is %s: expected %s".formatted(key, literal(found), expected));
  }

  private static String hint(String word, Iterable<String> candidates) {
    String best = nearest(word, candidates);
    return best == null ? "" : " (did you mean %s?)".formatted(best);
  }

  /// The candidate closest to `word` by edit distance, if any is close enough to be meant.
  public static @Nullable String nearest(String word, Iterable<String> candidates) {
    String best = null;
    int bestDistance = Math.max(2, word.length() / 2);
    for (String candidate : candidates) {
      int distance = editDistance(word, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  private static int editDistance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
