package org.dure.serving;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.LanguageModel;
import org.jspecify.annotations.Nullable;

/// How single tokens are written in answers, as the OpenAI API writes them: as text where they are
/// whole characters, otherwise as escaped bytes (`\xec\x95`).
final class TokenText {
  private TokenText() {}

  static String of(LanguageModel model, int token) {
    byte[] bytes = model.bytes(token);
    if (bytes.length == 0) {
      return special(model, token);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder text = new StringBuilder();
      for (byte value : bytes) {
        text.append("\\x%02x".formatted(value));
      }
      return text.toString();
    }
  }

  /// As [#of], but with `bytes:` before escaped bytes: the form of `/v1/completions`.
  static String marked(LanguageModel model, int token) {
    String text = of(model, token);
    return text.startsWith("\\x") && text.length() == 4 * model.bytes(token).length
        ? "bytes:" + text
        : text;
  }

  /// The token's bytes as numbers; null for special tokens.
  static @Nullable List<Integer> bytes(LanguageModel model, int token) {
    byte[] bytes = model.bytes(token);
    if (bytes.length == 0) {
      return null;
    }
    List<Integer> numbers = new ArrayList<>(bytes.length);
    for (byte value : bytes) {
      numbers.add(Byte.toUnsignedInt(value));
    }
    return numbers;
  }

  private static String special(LanguageModel model, int token) {
    if (token == model.endToken()) {
      return "<|endoftext|>";
    }
    return token == model.beginToken() ? "<|begin|>" : "<|special_%d|>".formatted(token);
  }
}
