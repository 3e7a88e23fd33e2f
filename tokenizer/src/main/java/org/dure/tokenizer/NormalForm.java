package org.dure.tokenizer;

import java.text.Normalizer;
import java.util.Arrays;

/// Brings text into the form that is tokenised: NFC (Unicode Standard Annex 15), with every lone
/// surrogate as U+FFFD. Stateless.
final class NormalForm {
  private static final byte NEEDS_CHECK = 1;
  private static final byte SURROGATE = 2;
  private static final byte[] KINDS = kinds();

  private NormalForm() {}

  /// Everything is checked by the JDK but ranges whose characters all have combining class 0 and
  /// never compose with what stands before them (`NFC_Quick_Check=Yes`): text of nothing else is
  /// NFC.
  private static byte[] kinds() {
    byte[] kinds = new byte[1 << 16];
    Arrays.fill(kinds, NEEDS_CHECK);
    int[][] settled = {
      {0x0000, 0x02ff}, // Latin
      {0x0400, 0x0482}, // Cyrillic
      {0x1e00, 0x1e99}, // Latin, additional
      {0x1ea0, 0x1ef9}, // Latin of Vietnamese
      {0x2010, 0x2064}, // punctuation
      {0x3000, 0x3029}, // CJK punctuation
      {0x3041, 0x3096}, // Hiragana
      {0x309b, 0x30ff}, // Katakana
      {0x4e00, 0x9fff}, // CJK ideographs
      {0xac00, 0xd7a3}, // Hangul syllables
      {0xff00, 0xffef}, // half and full width
    };
    for (int[] range : settled) {
      Arrays.fill(kinds, range[0], range[1] + 1, (byte) 0);
    }
    Arrays.fill(kinds, 0xd800, 0xe000, SURROGATE);
    return kinds;
  }

  /// The normal form, as a fresh array.
  static char[] of(String text) {
    char[] chars = text.toCharArray();
    boolean settled = true;
    for (int i = 0; i < chars.length; i++) {
      byte kind = KINDS[chars[i]];
      if (kind != 0) {
        settled = false;
        if (kind == SURROGATE) {
          if (i + 1 < chars.length && Character.isSurrogatePair(chars[i], chars[i + 1])) {
            i++;
          } else {
            chars[i] = '\ufffd';
          }
        }
      }
    }
    if (settled) {
      return chars;
    }
    String repaired = new String(chars);
    return Normalizer.isNormalized(repaired, Normalizer.Form.NFC)
        ? chars
        : Normalizer.normalize(repaired, Normalizer.Form.NFC).toCharArray();
  }
}
