package org.dure.tokenizer;

import java.text.Normalizer;

/// Normal forms by the JDK.
final class Normal {
  private Normal() {}

  static String composed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  static String decomposed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFD);
  }
}
