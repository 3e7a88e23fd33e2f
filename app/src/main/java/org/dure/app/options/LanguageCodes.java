package org.dure.app.options;

import java.util.Iterator;
import org.dure.core.LanguageProfile;

/// The languages that Dure has profiles of, for help texts and completion.
public final class LanguageCodes implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return LanguageProfile.BUILT_IN.iterator();
  }
}
