package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// Reads a `.jsonl` file: one JSON object a line, one document an object.
///
/// `text` is a string and must be there, once; `id` (a string or a number, of which 41.0 is 41),
/// `source` and `licence` (or `license`) are taken where given, a list of strings as one with
/// commas and anything else as it stands there; other fields are not read. So nothing but the text
/// decides whether there is a document. A line that is no such object is quarantined.
final class JsonLines {
  private JsonLines() {}

  static void read(InputFile file, Reader in, String language, InputLimits limits, Reading reading)
      throws IOException {
    BoundedLines lines = new BoundedLines(in, limits.recordCharacters());
    for (BoundedLines.Line line = lines.next(); line != null; line = lines.next()) {
      String place = "line " + line.number();
      if (line.tooLong()) {
        reading.quarantine(tooLong(file, place, line.characters(), limits.recordCharacters()));
      } else if (!line.text().isBlank()) {
        try {
          Candidate candidate = candidate(file, language, line);
          int characters = candidate.document().text().length();
          if (characters > limits.documentCharacters()) {
            reading.quarantine(tooLong(file, place, characters, limits.documentCharacters()));
          } else {
            reading.candidate(candidate);
          }
        } catch (DureException e) {
          reading.quarantine(
              new Quarantine(
                  Quarantine.RECORD,
                  file.name(),
                  place,
                  String.valueOf(e.getMessage()),
                  "a JSON object with a string \"text\""));
        }
      }
    }
  }

  private static Quarantine tooLong(InputFile file, String place, long characters, int limit) {
    return new Quarantine(
        Quarantine.TOO_LONG, file.name(), place, characters + " characters", "at most " + limit);
  }

  private static Candidate candidate(InputFile file, String language, BoundedLines.Line line) {
    Fields fields = new Fields();
    Json.members(line.text().getBytes(StandardCharsets.UTF_8), Fields.NAMES, fields);
    String text = fields.text();
    Optional<String> id = fields.id();
    return new Candidate(
        new Document(
            id.orElse(file.name() + ":" + line.number()),
            language,
            text,
            fields.label("source").orElse(file.name()),
            fields.label("licence").or(() -> fields.label("license")).orElse("unknown")),
        id.map(Candidate::whole));
  }

  /// What is read of a record; of a field that comes twice the last counts.
  private static final class Fields implements Json.Members {
    static final Set<String> NAMES = Set.of("text", "id", "source", "licence", "license");
    private static final int LONGEST_NUMBER = 100;
    private final Map<String, String> strings = new HashMap<>();
    private final Map<String, String> others = new HashMap<>();

    @Override
    public void string(String name, String value) {
      if (name.equals("text") && (strings.containsKey(name) || others.containsKey(name))) {
        throw new DureException(ErrorCode.INPUT_MALFORMED, "\"text\" is there twice");
      }
      others.remove(name);
      strings.put(name, value);
    }

    @Override
    public void other(String name, String json) {
      if (name.equals("text")) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, "\"text\" is no string: " + beginning(json));
      }
      strings.remove(name);
      others.put(name, json);
    }

    String text() {
      String text = strings.get("text");
      if (text == null || text.isBlank()) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, text == null ? "\"text\" is missing" : "\"text\" is blank");
      }
      return text;
    }

    /// Only what can be told from others is an id: strings and numbers.
    Optional<String> id() {
      String string = strings.get("id");
      if (string != null) {
        return string.isBlank() ? Optional.empty() : Optional.of(string);
      }
      String json = others.getOrDefault("id", "");
      return json.isEmpty() || !Character.isDigit(json.charAt(json.startsWith("-") ? 1 : 0))
          ? Optional.empty()
          : Optional.of(number(json));
    }

    private static String number(String json) {
      if (json.length() > LONGEST_NUMBER) {
        return json;
      }
      try {
        BigDecimal number = new BigDecimal(json).stripTrailingZeros();
        return Math.abs((long) number.scale()) > LONGEST_NUMBER ? json : number.toPlainString();
      } catch (NumberFormatException e) {
        // An exponent beyond what Java holds.
        return json;
      }
    }

    Optional<String> label(String name) {
      String string = strings.get(name);
      if (string == null) {
        string = others.containsKey(name) ? plain(others.getOrDefault(name, "")) : "";
      }
      return string.isBlank() ? Optional.empty() : Optional.of(string);
    }

    private static String plain(String json) {
      if (json.equals("null") || json.equals("[]") || json.equals("{}")) {
        return "";
      }
      if (json.startsWith("[")) {
        try {
          List<@Nullable Object> list = Json.array(json.getBytes(StandardCharsets.UTF_8));
          if (list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String::valueOf).collect(Collectors.joining(", "));
          }
        } catch (DureException e) {
          return beginning(json);
        }
      }
      return beginning(json);
    }

    private static String beginning(String json) {
      return json.codePointCount(0, json.length()) <= LONGEST_NUMBER
          ? json
          : json.substring(0, json.offsetByCodePoints(0, LONGEST_NUMBER)) + "...";
    }
  }
}
