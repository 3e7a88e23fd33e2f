package org.dure.core;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.util.NameTransformer;

/// JSON as Dure reads and writes it: records and plain maps, UTF-8, strict.
///
/// Unknown fields, duplicate fields, trailing text, nesting deeper than 64 and more than eight
/// million values, names and brackets are errors. So is
/// whatever is `null` or missing though the record does not mark it [Nullable]: a component, an
/// element of a component's list, a value of its map, the whole text. Written records keep the
/// order of their components, maps their own order; [#bytes] writes no spaces, so equal values give
/// equal bytes. Constants of an enum go by their names, those of one that is [Named] by
/// their words. Thread-safe.
public final class Json {
  /// The fields of this component, a record, stand beside the others in JSON instead of in
  /// an object of their own: what is flat on the wire need not be flat in Java. Unknown fields are
  /// errors here as everywhere.
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.RECORD_COMPONENT, ElementType.FIELD, ElementType.METHOD})
  public @interface Unwrapped {}

  /// This component may be missing in JSON, e.g. in files from before there was such a field: the
  /// record's constructor then gets null and puts something in its place.
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.RECORD_COMPONENT})
  public @interface Lenient {}

  /// Bytes of a file that is read whole.
  private static final long MOST_FILE = 64L << 20;

  /// Values, names and brackets of one text: what is made of them takes many times their bytes. The
  /// largest vocabulary that there may be has seven million.
  private static final long MOST_TOKENS = 8_000_000;

  private static final JsonMapper READER = mapper(new Words());
  private static final JsonMapper WRITER = mapper(new Flat());

  /// How deep what others wrote may be nested.
  static final int MOST_FOREIGN_DEPTH = 10_000;

  private static final int MOST_SHOWN = 100;

  private static final int MOST_FOREIGN_LENGTH = 256 << 20;

  private static final JsonFactory FOREIGN =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MOST_FOREIGN_DEPTH)
                  .maxStringLength(MOST_FOREIGN_LENGTH)
                  .maxNumberLength(MOST_FOREIGN_LENGTH)
                  .maxNameLength(MOST_FOREIGN_LENGTH)
                  .build())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
          .build();

  private static JsonMapper mapper(JacksonAnnotationIntrospector introspector) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(64)
                        .maxTokenCount(MOST_TOKENS)
                        .maxStringLength(256 << 20)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build())
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .annotationIntrospector(introspector)
        .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .build();
  }

  /// As [Words], and writes what is [Unwrapped] so.
  private static final class Flat extends Words {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable NameTransformer findUnwrappingNameTransformer(
        MapperConfig<?> config, AnnotatedMember member) {
      return member.hasAnnotation(Unwrapped.class)
          ? NameTransformer.NOP
          : super.findUnwrappingNameTransformer(config, member);
    }
  }

  /// Gives constants that are [Named] their words.
  private static class Words extends RequiredComponents {
    private static final long serialVersionUID = 1;

    @Override
    public String[] findEnumValues(
        MapperConfig<?> config, AnnotatedClass type, Enum<?>[] constants, String[] names) {
      for (int i = 0; i < constants.length; i++) {
        if (constants[i] instanceof Named named) {
          names[i] = named.word();
        }
      }
      return names;
    }
  }

  private Json() {}

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming the line and column
  public static <T> T read(byte[] json, Class<T> type) {
    return read(json, type, "");
  }

  /// The same with what is [Unwrapped] in objects of their own, as the reader wants it.
  private static byte[] nested(byte[] json, Class<?> type) {
    return WRITER.writeValueAsBytes(
        UnwrappedFields.nest(READER.readValue(json, Object.class), type));
  }

  public static <T> T read(String json, Class<T> type) {
    return read(json.getBytes(StandardCharsets.UTF_8), type);
  }

  public static <T> T read(Path file, Class<T> type) {
    return read(AtomicFiles.read(file, MOST_FILE), type, file + ": ");
  }

  private static <T> T read(byte[] json, Class<T> type, String where) {
    T value;
    try {
      value = READER.readValue(UnwrappedFields.in(type) ? nested(json, type) : json, type);
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

  /// As [#object(Path)], of a file that has no more than so many bytes.
  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> object(Path file, long most) {
    return (Map<String, @Nullable Object>)
        read(AtomicFiles.read(file, most), Map.class, file + ": ");
  }

  /// A JSON array, elements as in [#object].
  @SuppressWarnings("unchecked")
  public static List<@Nullable Object> array(byte[] json) {
    return (List<@Nullable Object>) read(json, List.class);
  }

  /// Hears the members of an object.
  public interface Members {
    void string(String name, String value);

    /// @param json a number, boolean, null, array or object as it stands there
    void other(String name, String json);
  }

  /// Hands on the members with these names of an object that another program wrote, in their order
  /// and as often as they stand there. What the others hold does not matter: they may come twice,
  /// be nested as deep as [#MOST_FOREIGN_DEPTH] or be `NaN`, which strict JSON does not know.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming line and column if this is not
  ///     one object from its first byte to its last
  public static void members(byte[] json, Set<String> names, Members members) {
    try (JsonParser parser = FOREIGN.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new DureException(ErrorCode.INPUT_MALFORMED, "not a JSON object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        member(parser, json, names.contains(parser.currentName()), members);
      }
      if (parser.nextToken() != null) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, "not one JSON object: more follows behind its end");
      }
    } catch (JacksonException e) {
      throw malformed("", e);
    }
  }

  private static void member(JsonParser parser, byte[] json, boolean wanted, Members members) {
    String name = parser.currentName();
    JsonToken token = parser.nextToken();
    if (wanted && token == JsonToken.VALUE_STRING) {
      members.string(name, parser.getString());
      return;
    }
    int from = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    parser.finishToken();
    int to = (int) parser.currentLocation().getByteOffset();
    if (wanted) {
      members.other(name, new String(json, from, to - from, StandardCharsets.UTF_8).strip());
    }
  }

  /// Compact JSON: no spaces, no line ends.
  public static byte[] bytes(Object value) {
    try {
      return WRITER.writeValueAsBytes(value);
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
      return WRITER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
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
        "%snot valid JSON%s: %s%s"
            .formatted(where, path(e), Printable.line(e.getOriginalMessage()), place),
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
        path.append(path.isEmpty() ? "" : ".").append(Printable.line(name, MOST_SHOWN));
      }
    }
    return path.isEmpty() ? "" : " at \"" + path + "\"";
  }

  /// Makes JSON keep the promise of the record's own types: a component, an element of a list or a
  /// value of a map that is not marked [Nullable] is there, or the text is refused under its name.
  private static class RequiredComponents extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
      RecordComponent component = component(member);
      return component == null
          ? super.hasRequiredMarker(config, member)
          : Boolean.valueOf(!mayBeMissing(component));
    }

    @Override
    public JsonSetter.Value findSetterInfo(MapperConfig<?> config, Annotated annotated) {
      RecordComponent component = component(annotated);
      return component == null
          ? super.findSetterInfo(config, annotated)
          : JsonSetter.Value.construct(
              mayBeMissing(component) ? Nulls.SET : Nulls.FAIL,
              holdsNull(component.getAnnotatedType()) ? Nulls.SET : Nulls.FAIL);
    }

    private static boolean mayBeMissing(RecordComponent component) {
      return isNullable(component.getAnnotatedType())
          || component.isAnnotationPresent(Lenient.class);
    }

    private static boolean isNullable(AnnotatedType type) {
      return type.isAnnotationPresent(Nullable.class);
    }

    /// The component that a parameter of a canonical constructor stands for. A
    /// compact constructor's own parameters lose the annotations of type arguments.
    private static @Nullable RecordComponent component(Annotated annotated) {
      if (!(annotated instanceof AnnotatedParameter parameter
          && parameter.getOwner().getMember() instanceof Constructor<?> constructor)) {
        return null;
      }
      RecordComponent[] components = constructor.getDeclaringClass().getRecordComponents();
      return components != null && components.length == constructor.getParameterCount()
          ? components[parameter.getIndex()]
          : null;
    }

    /// Whether what a list or map holds, at any depth, may be null: Jackson has one rule for all of
    /// a component's content.
    private static boolean holdsNull(AnnotatedType type) {
      if (type instanceof AnnotatedParameterizedType parameterized) {
        for (AnnotatedType argument : parameterized.getAnnotatedActualTypeArguments()) {
          if (isNullable(argument) || holdsNull(argument)) {
            return true;
          }
        }
      }
      return false;
    }
  }
}
