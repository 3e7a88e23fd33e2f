package org.dure.serving.text;

import java.util.Arrays;
import org.dure.core.LanguageModel;

/// The logits after the tokens of a known sequence, asked for in order. Short sequences are
/// computed at once, which is fast; for long ones all logits together would take gigabytes, so they
/// are fed token by token.
public final class PromptLogits implements AutoCloseable {
  /// 64 MB of logits.
  private static final long MOST_AT_ONCE = 16 << 20;

  private final int[] sequence;
  private final float[][] all;
  private final LanguageModel.Decoder decoder;

  private PromptLogits(int[] sequence, float[][] all, LanguageModel.Decoder decoder) {
    this.sequence = sequence;
    this.all = all;
    this.decoder = decoder;
  }

  /// @param sequence with its begin token
  public static PromptLogits of(LanguageModel model, int[] sequence) {
    return of(model, sequence, MOST_AT_ONCE);
  }

  /// @param most logits that may be held at once
  public static PromptLogits of(LanguageModel model, int[] sequence, long most) {
    boolean small = (long) sequence.length * model.vocabularySize() <= most;
    // The last token's logits predict what is not part of the sequence.
    float[][] all =
        small && sequence.length > 1
            ? model.logits(Arrays.copyOf(sequence, sequence.length - 1))
            : new float[0][];
    return new PromptLogits(sequence, all, model.decoder());
  }

  /// The logits after `sequence[place]`; places must not fall.
  public float[] after(int place) {
    if (all.length > 0) {
      return all[place];
    }
    while (decoder.length() < place) {
      decoder.next(sequence[decoder.length()]);
    }
    return decoder.next(sequence[place]);
  }

  @Override
  public void close() {
    decoder.close();
  }
}
