package org.dure.core;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Gathers the fields of components that are [Json.Unwrapped] into objects of their own. A field
/// that no component has stays where it is, so that the reader refuses it.
final class UnwrappedFields {
  private static final ClassValue<Boolean> IN =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return find(type, new HashSet<>());
        }
      };

  private UnwrappedFields() {}

  /// Whether any record that a value of this type is made of has such a component.
  static boolean in(Class<?> type) {
    return IN.get(type);
  }

  private static boolean find(Type type, Set<Type> seen) {
    if (!seen.add(type)) {
      return false;
    }
    return switch (type) {
      case ParameterizedType parameterized ->
          Arrays.stream(parameterized.getActualTypeArguments()).anyMatch(each -> find(each, seen));
      case Class<?> record when record.isRecord() ->
          Arrays.stream(record.getRecordComponents())
              .anyMatch(part -> isUnwrapped(part) || find(part.getGenericType(), seen));
      default -> false;
    };
  }

  private static boolean isUnwrapped(RecordComponent component) {
    return component.isAnnotationPresent(Json.Unwrapped.class);
  }

  /// @param json maps, lists and plain values, as [Json#object] has them
  static @Nullable Object nest(@Nullable Object json, Type type) {
    return switch (type) {
      case Class<?> record when record.isRecord() && json instanceof Map<?, ?> fields ->
          nestRecord(new LinkedHashMap<>(fields), record);
      case ParameterizedType list when json instanceof List<?> values -> {
        List<@Nullable Object> nested = new ArrayList<>();
        values.forEach(value -> nested.add(nest(value, list.getActualTypeArguments()[0])));
        yield nested;
      }
      case ParameterizedType map when json instanceof Map<?, ?> values -> {
        Map<Object, @Nullable Object> nested = new LinkedHashMap<>();
        Type[] arguments = map.getActualTypeArguments();
        values.forEach(
            (key, value) -> nested.put(key, nest(value, arguments[arguments.length - 1])));
        yield nested;
      }
      default -> json;
    };
  }

  /// Takes from `fields` what the record has, and leaves the rest.
  private static Map<Object, @Nullable Object> nestRecord(
      Map<Object, @Nullable Object> fields, Class<?> record) {
    Map<Object, @Nullable Object> nested = take(fields, record);
    fields.forEach(
        (name, value) -> nested.put(nested.containsKey(name) ? name + " (nested)" : name, value));
    return nested;
  }

  private static Map<Object, @Nullable Object> take(
      Map<Object, @Nullable Object> fields, Class<?> record) {
    Map<Object, @Nullable Object> taken = new LinkedHashMap<>();
    for (RecordComponent component : record.getRecordComponents()) {
      String name = component.getName();
      if (isUnwrapped(component)) {
        taken.put(name, take(fields, component.getType()));
      } else if (fields.containsKey(name)) {
        taken.put(name, nest(fields.remove(name), component.getGenericType()));
      }
    }
    return taken;
  }
}
