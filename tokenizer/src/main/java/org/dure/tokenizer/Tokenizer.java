package org.dure.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// Text to tokens and back: byte-level byte-pair encoding with nearly the splitting rule of
/// Llama 3.
///
/// Ids 0 to 255 are the bytes, then come the merges' tokens in the order in which they were
/// learned, then `<|begin|>`, `<|end|>` and `<|padding|>`. A model has [#vocabularySize] rows, a
/// multiple of 128: ids beyond the last special stand for nothing.
///
/// Text is brought to NFC first, so decoding gives the text's NFC back, for every Unicode string; a
/// lone surrogate, which is no text, becomes U+FFFD. Text never becomes a special: `<|end|>`
/// written in a text is the seven characters. (Hugging Face tokenizers makes the special of it
/// unless told `split_special_tokens`. All other text that is NFC gives the same ids there, after
/// `<|begin|>` if specials are asked for, as they are unless one says otherwise. Its
/// own NFC has the tables of an old Unicode: it leaves some 70 rare combining marks in the order
/// in which they are written, where ours, the JDK's, sorts them.)
///
/// Immutable and thread-safe: threads share a bounded cache of chunks, without locks.
public final class Tokenizer {
  static final String BEGIN = "<|begin|>";
  static final String END = "<|end|>";
  static final String PADDING = "<|padding|>";
  static final int SPECIALS = 3;

  private static final int ROWS_MULTIPLE = 128;
  private static final int CACHE_BITS = 15;
  private static final int MOST_CACHED_CHARS = 16;
  private static final byte[] NO_BYTES = new byte[0];

  private final Splitter splitter;
  private final Merges merges;
  private final ChunkEncoder encoder;
  private final byte[] json;
  private final String digest;

  /// A slot is replaced when another chunk falls on it. Entries are immutable, so a race costs at
  /// most a repeated computation (Java Language Specification, 17.5).
  private final Cached[] cache = new Cached[1 << CACHE_BITS];

  private static final class Cached {
    final int hash;
    final char[] chunk;
    final int[] tokens;

    Cached(int hash, char[] chunk, int[] tokens) {
      this.hash = hash;
      this.chunk = chunk;
      this.tokens = tokens;
    }
  }

  private Tokenizer(Splitter splitter, Merges merges, ChunkEncoder encoder, byte[] json) {
    this.splitter = splitter;
    this.merges = merges;
    this.encoder = encoder;
    this.json = json;
    this.digest = Sha256.of(json);
  }

  static Tokenizer of(Merges merges) {
    return new Tokenizer(
        Splitter.STANDARD, merges, new ChunkEncoder(merges), TokenizerJson.write(merges));
  }

  /// Reads a `tokenizer.json` as [#write] writes it.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] that names the field, if the file is
  ///     not JSON, is damaged, or describes another kind of tokenizer than this one
  public static Tokenizer read(Path tokenizerJson) {
    return parse(TokenizerJson.load(tokenizerJson), tokenizerJson.toString());
  }

  /// The same from bytes, e.g. those of [#json].
  public static Tokenizer parse(byte[] json) {
    return parse(json.clone(), "tokenizer.json");
  }

  private static Tokenizer parse(byte[] json, String name) {
    Merges merges = TokenizerJson.parse(json, name);
    ChunkEncoder encoder = new ChunkEncoder(merges);
    int strange = encoder.unreachable();
    if (strange >= 0) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: model.merges: token %d (%s) is not what its own merges make: no training gives this"
              .formatted(name, strange, ByteAlphabet.write(merges.bytes(strange))));
    }
    return new Tokenizer(TokenizerJson.splitter(json), merges, encoder, json);
  }

  /// The tokens of a text, without specials.
  public int[] encode(String text) {
    char[] chars = NormalForm.characters(text);
    ChunkEncoder.Scratch scratch = new ChunkEncoder.Scratch();
    int[] ids = new int[chars.length / 3 + 16];
    int size = 0;
    for (int at = 0; at < chars.length; ) {
      int end = splitter.end(chars, at, chars.length);
      int count;
      int[] tokens;
      if (end - at <= MOST_CACHED_CHARS) {
        tokens = cached(chars, at, end, scratch);
        count = tokens.length;
      } else {
        count = encodeChunk(chars, at, end, scratch);
        tokens = scratch.tokens;
      }
      if (size + count > ids.length) {
        ids = Arrays.copyOf(ids, Math.addExact(size + count, ids.length));
      }
      if (count == 1) {
        ids[size] = tokens[0];
      } else {
        System.arraycopy(tokens, 0, ids, size, count);
      }
      size += count;
      at = end;
    }
    return size == ids.length ? ids : Arrays.copyOf(ids, size);
  }

  private int[] cached(char[] text, int from, int to, ChunkEncoder.Scratch scratch) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = hash * 0x9e3779b1 >>> 32 - CACHE_BITS;
    Cached found = cache[slot];
    if (found != null
        && found.hash == hash
        && Arrays.equals(found.chunk, 0, found.chunk.length, text, from, to)) {
      return found.tokens;
    }
    int count = encodeChunk(text, from, to, scratch);
    int[] tokens = Arrays.copyOf(scratch.tokens, count);
    cache[slot] = new Cached(hash, Arrays.copyOfRange(text, from, to), tokens);
    return tokens;
  }

  private int encodeChunk(char[] text, int from, int to, ChunkEncoder.Scratch scratch) {
    scratch.reserve(Utf8Encoder.most(to - from));
    return encoder.encode(scratch, Utf8Encoder.encode(text, from, to, scratch.bytes));
  }

  /// The text that the tokens stand for. Specials and ids that stand for nothing give nothing;
  /// bytes that are not UTF-8, as where a character is cut, give U+FFFD.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] for an id outside of the vocabulary
  public String decode(int[] ids) {
    int length = 0;
    for (int id : ids) {
      length = Math.addExact(length, raw(id).length);
    }
    byte[] bytes = new byte[length];
    int at = 0;
    for (int id : ids) {
      byte[] part = raw(id);
      System.arraycopy(part, 0, bytes, at, part.length);
      at += part.length;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// The bytes of one token; none for specials and ids that stand for nothing.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] for an id outside of the vocabulary
  public byte[] bytes(int id) {
    return raw(id).clone();
  }

  private byte[] raw(int id) {
    if (id >= 0 && id < merges.tokens()) {
      return merges.bytes(id);
    }
    if (id < 0 || id >= vocabularySize()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "token %d is outside of the vocabulary, 0 to %d".formatted(id, vocabularySize() - 1));
    }
    return NO_BYTES;
  }

  /// Tokens that stand for something: bytes, merges and specials.
  public int tokens() {
    return merges.tokens() + SPECIALS;
  }

  /// Rows that a model needs: [#tokens] rounded up to a multiple of 128.
  public int vocabularySize() {
    return (tokens() + ROWS_MULTIPLE - 1) / ROWS_MULTIPLE * ROWS_MULTIPLE;
  }

  /// `<|begin|>`, which stands before every document.
  public int beginToken() {
    return merges.tokens();
  }

  /// `<|end|>`, which stands after every document.
  public int endToken() {
    return merges.tokens() + 1;
  }

  /// `<|padding|>`, which stands for nothing.
  public int paddingToken() {
    return merges.tokens() + 2;
  }

  /// Writes `tokenizer.json` and `tokenizer_config.json` into an existing or new folder, each
  /// atomically. A tokenizer that was read is written with the bytes it was read from.
  public void write(Path folder) {
    write(folder, OptionalInt.empty());
  }

  /// As [#write(Path)], for a model that sees that many tokens at once, `<|begin|>` included.
  public void write(Path folder, int longest) {
    write(folder, OptionalInt.of(longest));
  }

  private void write(Path folder, OptionalInt longest) {
    AtomicFiles.write(folder.resolve("tokenizer.json"), json);
    AtomicFiles.write(
        folder.resolve("tokenizer_config.json"), TokenizerJson.configuration(longest));
  }

  /// The bytes of `tokenizer.json`.
  public byte[] json() {
    return json.clone();
  }

  /// SHA-256 of `tokenizer.json`.
  public String digest() {
    return digest;
  }
}
