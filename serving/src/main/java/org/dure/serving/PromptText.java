package org.dure.serving;

import java.util.Arrays;
import java.util.List;
import org.dure.core.LanguageModel;
import org.dure.serving.text.TextStream;
import org.dure.tokenizer.NormalForm;

/// A prompt as the one who sent it knows it: text that was sent comes back as it was sent, though
/// the model sees its normal form, and the places of its tokens are places in that text. Tokens
/// that were sent are decoded; where they end inside a character, it is finished by the answer.
/// Immutable.
final class PromptText {
  /// Of an answer that has nothing to say about its prompt.
  static final PromptText NONE = new PromptText("", new int[0], new byte[0]);

  private final String text;
  private final int[] starts;
  private final byte[] unfinished;

  private PromptText(String text, int[] starts, byte[] unfinished) {
    this.text = text;
    this.starts = starts;
    this.unfinished = unfinished;
  }

  static PromptText of(LanguageModel model, Job.Prompt prompt) {
    List<Integer> tokens = prompt.tokens();
    TextStream stream = new TextStream();
    StringBuilder decoded = new StringBuilder();
    int[] starts = new int[tokens.size()];
    for (int at = 0; at < starts.length; at++) {
      starts[at] = stream.characters();
      decoded.append(stream.add(model.bytes(tokens.get(at))));
    }
    if (prompt.text().isEmpty()) {
      return new PromptText(decoded.toString(), starts, stream.unfinished());
    }
    String sent = NormalForm.wellFormed(prompt.text().get());
    if (!sent.contentEquals(decoded)) {
      int[] origins = NormalForm.origins(sent);
      starts = Arrays.stream(starts).map(at -> origins[Math.min(at, origins.length - 1)]).toArray();
    }
    return new PromptText(sent, starts, new byte[0]);
  }

  /// Whole characters only.
  String text() {
    return text;
  }

  /// Code points of [#text] before the character of a token's first byte.
  int start(int token) {
    return starts[token];
  }

  /// The text's continuation, with nothing in it yet.
  TextStream continuation() {
    return new TextStream(text.codePointCount(0, text.length()), unfinished);
  }
}
