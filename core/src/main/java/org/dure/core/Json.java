package org.dure.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON as Dure reads and writes it: records and plain maps, UTF-8, strict.
///
/// Unknown fields, duplicate fields, trailing text and nesting deeper than 64 are errors. So is
/// whatever is `null` or missing though the record does not mark it [Nullable]: a component, an
/// element of a component's list, a value of its map, the whole text. Written records keep the
/// order of their components, maps their own order; [#bytes] writes no spaces, so equal values give
/// equal bytes. Thread-safe.
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxStringLength(256 << 20)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .annotationIntrospector(new RequiredComponents())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  private Json() {}

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the line and column
  public static <T> T read(byte[] json, Class<T> type) {
    return read(json, type, "");
  }

  public static <T> T read(String json, Class<T> type) {
    return read(json.getBytes(StandardCharsets.UTF_8), type);
  }

  public static <T> T read(Path file, Class<T> type) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return read(bytes, type, file + ": ");
  }

  private static <T> T read(byte[] json, Class<T> type, String where) {
    T value;
    try {
      value = MAPPER.readValue(json, type);
    } catch (JacksonException e) {
      throw malformed(where, e);
    }
    if (value == null) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%snull: expected %s"
              .formatted(
                  where, List.class.isAssignableFrom(type) ? "a JSON array" : "a JSON object"));
    }
    return value;
  }

  /// A JSON object as nested maps, lists, strings, numbers, booleans and nulls, in their order.
  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> object(byte[] json) {
    return (Map<String, @Nullable Object>) read(json, Map.class);
  }

  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> object(Path file) {
    return (Map<String, @Nullable Object>) read(file, Map.class);
  }

  /// A JSON array, elements as in [#object].
  @SuppressWarnings("unchecked")
  public static List<@Nullable Object> array(byte[] json) {
    return (List<@Nullable Object>) read(json, List.class);
  }

  /// Compact JSON: no spaces, no line ends.
  public static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JacksonException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot write as JSON: " + e.getMessage(), e);
    }
  }

  public static String text(Object value) {
    return new String(bytes(value), StandardCharsets.UTF_8);
  }

  /// Indented JSON with a line end, for files that people open.
  public static String pretty(Object value) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
    } catch (JacksonException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot write as JSON: " + e.getMessage(), e);
    }
  }

  private static DureException malformed(String where, JacksonException e) {
    String place =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%snot valid JSON%s: %s%s".formatted(where, path(e), e.getOriginalMessage(), place),
        e);
  }

  /// Where in the record it was, as ` at "models[1].name"`.
  private static String path(JacksonException e) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      String name = step.getPropertyName();
      if (name == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(name);
      }
    }
    return path.isEmpty() ? "" : " at \"" + path + "\"";
  }
}
