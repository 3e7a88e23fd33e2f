package org.dure.app;

import java.util.Iterator;
import org.dure.core.LanguageProfile;

/// The languages that Dure has profiles of, for help texts and completion.
final class LanguageCodes implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return LanguageProfile.BUILT_IN.iterator();
  }
}
