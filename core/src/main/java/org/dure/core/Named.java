package org.dure.core;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A constant of an enum that has a word of its own wherever people, files or other programs meet
/// it: in JSON, headers, settings and metrics. [Json] writes the word and reads nothing else.
public interface Named {
  /// As the enum has it, e.g. `TRAINING_TWIN`.
  String name();

  /// Lower-case, with hyphens, e.g. `training-twin`.
  default String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// The constant with this word.
  static <E extends Enum<E> & Named> Optional<E> find(Class<E> type, String word) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.word().equals(word))
        .findFirst();
  }

  /// Every word of the enum, in its order.
  static <E extends Enum<E> & Named> List<String> words(Class<E> type) {
    return Arrays.stream(type.getEnumConstants()).map(Named::word).toList();
  }
}
