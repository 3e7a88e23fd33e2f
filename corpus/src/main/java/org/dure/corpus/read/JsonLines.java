package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// Reads a `.jsonl` file: one JSON object a line, one document an object.
///
/// `text` is a string and must be there; `id` (string or whole number), `source` and `licence` (or
/// `license`) are taken where given; other fields are not read. A line that is no such object is
/// quarantined.
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
    Map<String, @Nullable Object> fields =
        Json.object(line.text().getBytes(StandardCharsets.UTF_8));
    if (!(fields.get("text") instanceof String text)) {
      throw malformed("\"text\"", fields.get("text"));
    }
    if (text.isBlank()) {
      throw new DureException(ErrorCode.INPUT_MALFORMED, "\"text\" is blank");
    }
    Object id = fields.get("id");
    Optional<String> stableId =
        switch (id) {
          case null -> Optional.empty();
          case String given when !given.isBlank() -> Optional.of(given);
          case Integer given -> Optional.of(given.toString());
          case Long given -> Optional.of(given.toString());
          default -> throw malformed("\"id\"", id);
        };
    String licence = string(fields, "licence", string(fields, "license", "unknown"));
    return new Candidate(
        new Document(
            stableId.orElse(file.name() + ":" + line.number()),
            language,
            text,
            string(fields, "source", file.name()),
            licence),
        stableId);
  }

  private static String string(
      Map<String, @Nullable Object> fields, String name, String defaultValue) {
    Object value = fields.get(name);
    if (value == null) {
      return defaultValue;
    }
    if (value instanceof String text) {
      return text.isBlank() ? defaultValue : text;
    }
    throw malformed("\"" + name + "\"", value);
  }

  private static DureException malformed(String field, @Nullable Object found) {
    String what = found == null ? "is missing" : "is a " + found.getClass().getSimpleName();
    return new DureException(ErrorCode.INPUT_MALFORMED, "%s %s".formatted(field, what));
  }
}
