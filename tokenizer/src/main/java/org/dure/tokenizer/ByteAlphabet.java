package org.dure.tokenizer;

import java.util.Arrays;

/// The characters that stand for bytes in `tokenizer.json` (GPT-2's `bytes_to_unicode`): the bytes
/// that print in Latin-1 stand for themselves, the other 68 are U+0100 to U+0143 in their order.
///
/// Token ids 0 to 255 are the bytes in the order of these characters, as in GPT-2 and Llama 3.
final class ByteAlphabet {
  static final int SIZE = 256;
  private static final int OTHERS = 0x100;
  private static final char[] CHARACTERS = new char[SIZE];
  private static final int[] BYTES = new int[OTHERS + 68];
  private static final byte[] BYTE_OF_ID = new byte[SIZE];
  private static final int[] ID_OF_BYTE = new int[SIZE];

  static {
    Arrays.fill(BYTES, -1);
    int other = OTHERS;
    for (int b = 0; b < SIZE; b++) {
      boolean prints = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
      CHARACTERS[b] = (char) (prints ? b : other++);
      BYTES[CHARACTERS[b]] = b;
    }
    int id = 0;
    for (int b : BYTES) {
      if (b >= 0) {
        ID_OF_BYTE[b] = id;
        BYTE_OF_ID[id++] = (byte) b;
      }
    }
  }

  private ByteAlphabet() {}

  static byte byteOf(int id) {
    return BYTE_OF_ID[id];
  }

  static int idOf(byte value) {
    return ID_OF_BYTE[value & 0xff];
  }

  /// The bytes as characters.
  static String write(byte[] bytes) {
    char[] text = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      text[i] = CHARACTERS[bytes[i] & 0xff];
    }
    return new String(text);
  }
}
