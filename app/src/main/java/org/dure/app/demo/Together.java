package org.dure.app.demo;

import java.util.Locale;
import org.dure.core.Named;
import org.dure.core.Sharing;

/// Who trains what together in the demo.
public enum Together implements Named {
  /// Words and body, those of one language: a model for each language.
  LANGUAGE,
  /// The body, all of them; words stay at home: a model for each institution.
  BODY,
  /// Words and body, all of them: one model.
  ALL;

  @Override
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Which tensors travel.
  Sharing sharing() {
    return this == BODY ? Sharing.BODY : Sharing.ALL;
  }

  /// As many as the sample has programs to speak of.
  public static final int MOST_INSTITUTIONS = DemoText.PROGRAMS.size();

  /// Nobody learns with itself.
  public int leastInstitutions() {
    return this == LANGUAGE ? 2 : 1;
  }

  /// How many institutions of a language there are unless told otherwise.
  public int usualInstitutions() {
    return this == LANGUAGE ? 2 : 1;
  }
}
