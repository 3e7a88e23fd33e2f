package org.dure.tokenizer;

/// Skeleton: signatures are final, bodies follow.
public record Fertility(long tokens, long words, long characters, long bytes) {
  public double tokensPerWord() {
    return (double) tokens / words;
  }

  public double tokensPerCharacter() {
    return (double) tokens / characters;
  }

  public double tokensPerByte() {
    return (double) tokens / bytes;
  }

  public static Fertility measure(Tokenizer tokenizer, Iterable<String> texts) {
    throw new UnsupportedOperationException();
  }
}
