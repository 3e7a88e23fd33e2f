package org.dure.tokenizer;

/// UTF-8 out of parts of character arrays. Stateless.
final class Utf8Encoder {
  private Utf8Encoder() {}

  /// Most bytes that `chars` characters take.
  static int most(int chars) {
    return Math.multiplyExact(chars, 3);
  }

  /// Writes well-formed `text[from, to)` to the start of `into`.
  ///
  /// @return number of bytes
  static int encode(char[] text, int from, int to, byte[] into) {
    int n = 0;
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (c < 0x80) {
        into[n++] = (byte) c;
      } else if (c < 0x800) {
        into[n++] = (byte) (0xc0 | c >> 6);
        into[n++] = (byte) (0x80 | c & 0x3f);
      } else if (!Character.isSurrogate(c)) {
        into[n++] = (byte) (0xe0 | c >> 12);
        into[n++] = (byte) (0x80 | c >> 6 & 0x3f);
        into[n++] = (byte) (0x80 | c & 0x3f);
      } else {
        int codePoint = Character.toCodePoint(c, text[++i]);
        into[n++] = (byte) (0xf0 | codePoint >> 18);
        into[n++] = (byte) (0x80 | codePoint >> 12 & 0x3f);
        into[n++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
        into[n++] = (byte) (0x80 | codePoint & 0x3f);
      }
    }
    return n;
  }

  /// Bytes that well-formed `text[from, to)` takes.
  static int length(char[] text, int from, int to) {
    int n = 0;
    for (int i = from; i < to; i++) {
      char c = text[i];
      n += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return n;
  }
}
