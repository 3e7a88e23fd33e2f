package org.dure.serving;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.dure.core.LanguageModel;

/// A model as one request sees it: every step waits for its turn, tokenising text too, and none is
/// made for a client that has left.
///
/// @param place of the request
/// @param gone whether the client has left
record SharedModel(LanguageModel model, Admission.Place place, BooleanSupplier gone)
    implements LanguageModel {
  @Override
  public String name() {
    return model.name();
  }

  @Override
  public String language() {
    return model.language();
  }

  @Override
  public int contextLength() {
    return model.contextLength();
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int[] encode(String text) {
    return step(() -> model.encode(text));
  }

  @Override
  public byte[] bytes(int token) {
    return model.bytes(token);
  }

  @Override
  public int beginToken() {
    return model.beginToken();
  }

  @Override
  public int endToken() {
    return model.endToken();
  }

  @Override
  public float[][] logits(int[] tokens) {
    return step(() -> model.logits(tokens));
  }

  @Override
  public float[][] logProbabilities(int[][] sequences) {
    return step(() -> model.logProbabilities(sequences));
  }

  @Override
  public Decoder decoder() {
    Decoder decoder = model.decoder();
    return new Decoder() {
      @Override
      public float[] next(int... tokens) {
        return step(() -> decoder.next(tokens));
      }

      @Override
      public int length() {
        return decoder.length();
      }

      @Override
      public void close() {
        decoder.close();
      }
    };
  }

  /// The model stays open: it belongs to whoever opened it.
  @Override
  public void close() {}

  private <T> T step(Supplier<T> work) {
    try (Turns.Turn turn = place.turn()) {
      // Asked after the wait: the client may have left meanwhile.
      if (gone.getAsBoolean()) {
        throw new Departure.ClientGone();
      }
      return work.get();
    }
  }
}
