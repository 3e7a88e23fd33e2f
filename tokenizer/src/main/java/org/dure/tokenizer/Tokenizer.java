package org.dure.tokenizer;

import java.nio.file.Path;

/// Skeleton: signatures are final, bodies follow.
public final class Tokenizer {
  private Tokenizer() {}

  public static Tokenizer read(Path tokenizerJson) {
    throw new UnsupportedOperationException("being written: " + tokenizerJson);
  }

  public int[] encode(String text) {
    throw new UnsupportedOperationException();
  }

  public String decode(int[] ids) {
    throw new UnsupportedOperationException();
  }

  public byte[] bytes(int id) {
    throw new UnsupportedOperationException();
  }

  public int vocabularySize() {
    throw new UnsupportedOperationException();
  }

  public int beginToken() {
    throw new UnsupportedOperationException();
  }

  public int endToken() {
    throw new UnsupportedOperationException();
  }

  public int paddingToken() {
    throw new UnsupportedOperationException();
  }

  public void write(Path folder) {
    throw new UnsupportedOperationException();
  }

  public String digest() {
    throw new UnsupportedOperationException();
  }
}
