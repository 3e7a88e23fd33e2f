package org.dure.bench.gain;

import java.util.Locale;

/// How far an institution's circle reaches, for one group of tensors.
enum Reach {
  /// It merges with nobody.
  NOBODY,
  /// The outer step on itself alone: what the step does without anybody else.
  SELF,
  KIND,
  LANGUAGE,
  ALL;

  /// Least members of a circle that is merged.
  int least() {
    return this == SELF ? 1 : 2;
  }

  /// The name of the institution's circle.
  String circle(Institution institution) {
    String of =
        switch (this) {
          case NOBODY, SELF -> institution.name();
          case KIND -> institution.kind();
          case LANGUAGE -> institution.language();
          case ALL -> "";
        };
    return name().toLowerCase(Locale.ROOT) + ":" + of;
  }
}
