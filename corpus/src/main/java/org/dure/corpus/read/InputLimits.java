package org.dure.corpus.read;

/// The sizes beyond which input is quarantined instead of read into memory.
///
/// @param documentCharacters longest text of one document, in UTF-16 units
/// @param recordCharacters longest line of a `.jsonl` file: a text with every character escaped
/// @param pageBytes largest HTML file, since its tree is held in memory
public record InputLimits(int documentCharacters, int recordCharacters, long pageBytes) {
  public static final InputLimits STANDARD = new InputLimits(1 << 20, 6 << 20, 8L << 20);
}
