package org.dure.provenance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Concise Binary Object Representation (RFC 8949) in its core deterministic encoding (section
/// 4.2.1): a value has exactly one encoding, and [#decode] accepts no other.
///
/// That is why signatures can be over it: two sides that agree on the value agree on the bytes, and
/// no byte of an accepted message can be changed without changing its value. What is left out
/// (floating point, `undefined`, indefinite lengths, integers beyond 64 bits with sign) is refused,
/// not approximated.
///
/// Every item starts with a head: three bits of major type, then an argument in the fewest bytes.
/// A map's pairs are sorted by the bytes of their encoded keys. Decoding allocates no more than a
/// small multiple of the input, whatever lengths the input claims. Stateless and thread-safe.
public final class Cbor {
  /// Arrays, maps and tags within one another, at most.
  static final int MOST_DEPTH = 32;

  private static final int UNSIGNED = 0;
  private static final int NEGATIVE = 1;
  private static final int BYTES = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;
  private static final int TAG = 6;
  private static final int SIMPLE = 7;
  private static final int FALSE = 20;
  private static final int TRUE = 21;
  private static final int NULL = 22;

  private Cbor() {}

  /// The bytes of a value.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it nests deeper than 32
  public static byte[] encode(CborValue value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    encode(value, out, 0);
    return out.toByteArray();
  }

  /// The value of which these are all the bytes.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] and the byte's position if they are not
  ///     exactly the deterministic encoding of one value
  public static CborValue decode(byte[] bytes) {
    Decoder decoder = new Decoder(ByteBuffer.wrap(bytes));
    CborValue value = decoder.value(0);
    decoder.finish();
    return value;
  }

  /// The pairs in the order in which they are encoded.
  static SequencedMap<CborValue, CborValue> sorted(
      Map<? extends CborValue, ? extends CborValue> pairs) {
    List<byte[]> keys = new ArrayList<>();
    Map<ByteBuffer, CborValue> originals = new LinkedHashMap<>();
    for (CborValue key : pairs.keySet()) {
      byte[] encoded = encode(key);
      keys.add(encoded);
      originals.put(ByteBuffer.wrap(encoded), key);
    }
    keys.sort(Arrays::compareUnsigned);
    SequencedMap<CborValue, CborValue> sorted = new LinkedHashMap<>();
    for (byte[] encoded : keys) {
      CborValue key = originals.get(ByteBuffer.wrap(encoded));
      CborValue value = pairs.get(key);
      if (key != null && value != null) {
        sorted.put(key, value);
      }
    }
    return Collections.unmodifiableSequencedMap(sorted);
  }

  static DureException malformed(String message) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "CBOR: " + message);
  }

  private static void encode(CborValue value, ByteArrayOutputStream out, int depth) {
    if (depth > MOST_DEPTH) {
      throw malformed("values nest deeper than " + MOST_DEPTH);
    }
    switch (value) {
      case CborValue.Int(long number) ->
          head(number < 0 ? NEGATIVE : UNSIGNED, number < 0 ? ~number : number, out);
      case CborValue.Bytes(byte[] bytes) -> {
        head(BYTES, bytes.length, out);
        out.writeBytes(bytes);
      }
      case CborValue.Text(String text) -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        head(TEXT, bytes.length, out);
        out.writeBytes(bytes);
      }
      case CborValue.Array(List<CborValue> values) -> {
        head(ARRAY, values.size(), out);
        for (CborValue element : values) {
          encode(element, out, depth + 1);
        }
      }
      case CborValue.Map(SequencedMap<CborValue, CborValue> pairs) -> {
        head(MAP, pairs.size(), out);
        for (Map.Entry<CborValue, CborValue> pair : pairs.entrySet()) {
          encode(pair.getKey(), out, depth + 1);
          encode(pair.getValue(), out, depth + 1);
        }
      }
      case CborValue.Tag(long number, CborValue content) -> {
        head(TAG, number, out);
        encode(content, out, depth + 1);
      }
      case CborValue.Truth(boolean truth) -> head(SIMPLE, truth ? TRUE : FALSE, out);
      case CborValue.Null() -> head(SIMPLE, NULL, out);
    }
  }

  private static void head(int majorType, long argument, ByteArrayOutputStream out) {
    int bytes = argumentBytes(argument);
    int information =
        switch (bytes) {
          case 0 -> (int) argument;
          case 1 -> 24;
          case 2 -> 25;
          case 4 -> 26;
          default -> 27;
        };
    out.write(majorType << 5 | information);
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out.write((int) (argument >>> shift));
    }
  }

  /// Bytes behind the first one that the shortest form of an argument takes.
  private static int argumentBytes(long argument) {
    if (argument < 24) {
      return 0;
    }
    if (argument < 1L << 8) {
      return 1;
    }
    if (argument < 1L << 16) {
      return 2;
    }
    return argument < 1L << 32 ? 4 : 8;
  }

  private static final class Decoder {
    private final ByteBuffer in;

    Decoder(ByteBuffer in) {
      this.in = in;
    }

    void finish() {
      if (in.hasRemaining()) {
        throw at(in.position(), "%d bytes behind the value".formatted(in.remaining()));
      }
    }

    CborValue value(int depth) {
      int start = in.position();
      if (depth > MOST_DEPTH) {
        throw at(start, "values nest deeper than " + MOST_DEPTH);
      }
      int first = next(1, start)[0] & 0xff;
      int majorType = first >>> 5;
      if (majorType == SIMPLE) {
        return simple(first & 31, start);
      }
      long argument = argument(first & 31, start);
      return switch (majorType) {
        case UNSIGNED -> new CborValue.Int(argument);
        case NEGATIVE -> new CborValue.Int(~argument);
        case BYTES -> new CborValue.Bytes(next(argument, start));
        case TEXT -> new CborValue.Text(text(next(argument, start), start));
        case ARRAY -> array(argument, start, depth);
        case MAP -> map(argument, start, depth);
        case TAG -> new CborValue.Tag(argument, value(depth + 1));
        default -> throw new AssertionError("three bits");
      };
    }

    private static CborValue simple(int information, int start) {
      return switch (information) {
        case FALSE -> new CborValue.Truth(false);
        case TRUE -> new CborValue.Truth(true);
        case NULL -> CborValue.NULL;
        case 25, 26, 27 -> throw at(start, "floating point is not used here");
        case 31 -> throw at(start, "a break without an indefinite length");
        default -> throw at(start, "simple value or undefined: not used here");
      };
    }

    private long argument(int information, int start) {
      if (information < 24) {
        return information;
      }
      if (information > 27) {
        throw at(
            start,
            information == 31
                ? "an indefinite length: only definite ones are used here"
                : "additional information %d is reserved".formatted(information));
      }
      int bytes = 1 << (information - 24);
      long argument = 0;
      for (byte b : next(bytes, start)) {
        argument = argument << 8 | b & 0xff;
      }
      if (argument < 0) {
        throw at(start, "an argument beyond 63 bits");
      }
      if (argumentBytes(argument) != bytes) {
        throw at(start, "%d is not in its shortest form".formatted(argument));
      }
      return argument;
    }

    private CborValue array(long length, int start, int depth) {
      checkLength(length, start);
      List<CborValue> values = new ArrayList<>();
      for (long i = 0; i < length; i++) {
        values.add(value(depth + 1));
      }
      return new CborValue.Array(values);
    }

    private CborValue map(long length, int start, int depth) {
      checkLength(length > Long.MAX_VALUE / 2 ? length : length * 2, start);
      SequencedMap<CborValue, CborValue> pairs = new LinkedHashMap<>();
      byte[] previous = null;
      for (long i = 0; i < length; i++) {
        int keyStart = in.position();
        CborValue key = value(depth + 1);
        byte[] encoded = Arrays.copyOfRange(in.array(), keyStart, in.position());
        if (previous != null) {
          int order = Arrays.compareUnsigned(previous, encoded);
          if (order >= 0) {
            throw at(keyStart, order == 0 ? "a key twice in a map" : "keys of a map out of order");
          }
        }
        previous = encoded;
        pairs.put(key, value(depth + 1));
      }
      return new CborValue.Map(pairs);
    }

    private void checkLength(long items, int start) {
      if (items > in.remaining()) {
        throw at(start, "claims %d items where %d bytes are left".formatted(items, in.remaining()));
      }
    }

    private byte[] next(long count, int start) {
      if (count > in.remaining()) {
        throw at(
            start,
            "truncated: %d bytes expected where %d are left".formatted(count, in.remaining()));
      }
      byte[] bytes = new byte[(int) count];
      in.get(bytes);
      return bytes;
    }

    private static String text(byte[] bytes, int start) {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        throw at(start, "a text string that is not UTF-8");
      }
    }

    private static DureException at(int position, String found) {
      return malformed("at byte %d: %s".formatted(position, found));
    }
  }
}
