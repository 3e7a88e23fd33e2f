package org.dure.serving;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// The body of a request, read parameter by parameter. Every refusal names the parameter; `null` is
/// the same as an absent parameter.
final class RequestParameters {
  private final String prefix;
  private final Map<String, @Nullable Object> values;

  private RequestParameters(String prefix, Map<String, @Nullable Object> values) {
    this.prefix = prefix;
    this.values = values;
  }

  static RequestParameters parse(byte[] json) {
    try {
      return new RequestParameters("", Json.object(json));
    } catch (DureException e) {
      throw ApiError.invalid(
          null,
          null,
          "We could not parse the JSON body of your request: expected a JSON object, but "
              + e.getMessage());
    }
  }

  /// Refuses every parameter that is not in one of the sets.
  ///
  /// @param read that the caller reads
  /// @param inert that change no answer
  /// @param unsupported that would change the answer
  void only(Set<String> read, Set<String> inert, Set<String> unsupported) {
    values.forEach(
        (name, value) -> {
          if (read.contains(name) || inert.contains(name)) {
            return;
          }
          if (!unsupported.contains(name)) {
            throw ApiError.unknown(prefix + name);
          }
          if (value != null) {
            throw ApiError.unsupported(prefix + name);
          }
        });
  }

  boolean has(String name) {
    return values.get(name) != null;
  }

  @Nullable Object value(String name) {
    return values.get(name);
  }

  String text(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw ApiError.missing(prefix + name);
    }
    if (value instanceof String text) {
      return text;
    }
    throw ApiError.wrongType(prefix + name, "a string", value);
  }

  boolean flag(String name) {
    Object value = values.get(name);
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw ApiError.wrongType(prefix + name, "a boolean", value);
  }

  double decimal(String name, double absent, double least, double most) {
    Object value = values.get(name);
    return value == null ? absent : decimal(prefix + name, value, least, most);
  }

  static double decimal(String name, @Nullable Object value, double least, double most) {
    if (!(value instanceof Number number)) {
      throw ApiError.wrongType(name, "a decimal", value);
    }
    double decimal = number.doubleValue();
    if (decimal >= least && decimal <= most) {
      return decimal;
    }
    throw outOfRange(name, "decimal", decimal > most, decimal > most ? most : least, number);
  }

  OptionalInt integer(String name, int least, int most) {
    return values.get(name) == null
        ? OptionalInt.empty()
        : OptionalInt.of((int) whole(name, 0, least, most));
  }

  long whole(String name, long absent, long least, long most) {
    Object value = values.get(name);
    if (value == null) {
      return absent;
    }
    if (!(value instanceof Integer || value instanceof Long || value instanceof BigInteger)) {
      throw ApiError.wrongType(prefix + name, "an integer", value);
    }
    BigInteger number = new BigInteger(value.toString());
    if (number.compareTo(BigInteger.valueOf(most)) > 0) {
      throw outOfRange(prefix + name, "integer", true, most, number);
    }
    if (number.compareTo(BigInteger.valueOf(least)) < 0) {
      throw outOfRange(prefix + name, "integer", false, least, number);
    }
    return number.longValue();
  }

  private static ApiError outOfRange(
      String name, String kind, boolean above, Number limit, Number found) {
    return ApiError.invalid(
        name,
        kind + (above ? "_above_max_value" : "_below_min_value"),
        "Invalid '%s': %s %s value. Expected a value %s %s, but got %s instead."
            .formatted(
                name,
                kind,
                above ? "above maximum" : "below minimum",
                above ? "<=" : ">=",
                limit instanceof Double decimal
                    ? Double.toString(decimal).replaceFirst("\\.0$", "")
                    : limit,
                found));
  }

  List<?> list(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw ApiError.missing(prefix + name);
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw ApiError.wrongType(prefix + name, "an array", value);
  }

  /// The object under that name; an empty one if it is absent.
  RequestParameters object(String name) {
    Object value = values.get(name);
    return value == null
        ? new RequestParameters(prefix + name + ".", Map.of())
        : object(prefix + name, value);
  }

  @SuppressWarnings("unchecked")
  static RequestParameters object(String name, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return new RequestParameters(name + ".", (Map<String, @Nullable Object>) map);
    }
    throw ApiError.wrongType(name, "an object", value);
  }

  Map<String, @Nullable Object> all() {
    return values;
  }

  /// The parameter's full name, for errors.
  String path(String name) {
    return prefix + name;
  }
}
