package org.dure.corpus;

/// Sizes in UTF-8.
final class Utf8Size {
  private Utf8Size() {}

  /// Bytes of a text without lone surrogates.
  static long of(String text) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }
}
