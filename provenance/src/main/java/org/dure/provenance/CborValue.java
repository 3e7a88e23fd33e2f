package org.dure.provenance;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SequencedMap;

/// A value of the CBOR that Dure reads and writes: see [Cbor]. Immutable.
public sealed interface CborValue {
  CborValue NULL = new Null();

  static CborValue of(long value) {
    return new Int(value);
  }

  static CborValue of(String value) {
    return new Text(value);
  }

  static CborValue of(byte[] value) {
    return new Bytes(value);
  }

  /// An integer of 64 bits with sign.
  record Int(long value) implements CborValue {}

  /// A byte string.
  record Bytes(byte[] value) implements CborValue {
    public Bytes {
      value = value.clone();
    }

    @Override
    public byte[] value() {
      return value.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes(byte[] bytes) && Arrays.equals(value, bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "h'" + HexFormat.of().formatHex(value) + "'";
    }
  }

  /// A text string: Unicode without lone surrogates.
  record Text(String value) implements CborValue {
    public Text {
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
        throw Cbor.malformed("a text string with a lone surrogate is not Unicode");
      }
    }
  }

  record Array(List<CborValue> values) implements CborValue {
    public Array {
      values = List.copyOf(values);
    }
  }

  /// Pairs in the order of their encoded keys, whatever order they are given in.
  record Map(SequencedMap<CborValue, CborValue> pairs) implements CborValue {
    public Map {
      pairs = Cbor.sorted(pairs);
    }

    /// @param pairs in any order
    public static Map of(java.util.Map<? extends CborValue, ? extends CborValue> pairs) {
      return new Map(Cbor.sorted(pairs));
    }
  }

  /// A value with a tag number of 0 or more.
  record Tag(long number, CborValue content) implements CborValue {
    public Tag {
      if (number < 0) {
        throw Cbor.malformed("tag number " + number + " is negative");
      }
    }
  }

  /// `true` or `false`.
  record Truth(boolean value) implements CborValue {}

  /// `null`.
  record Null() implements CborValue {}
}
