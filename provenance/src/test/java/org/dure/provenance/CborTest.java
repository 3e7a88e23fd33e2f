package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dure.provenance.Refusals.assertRefused;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class CborTest {
  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static CborValue array(long... values) {
    return new CborValue.Array(LongStream.of(values).mapToObj(CborValue::of).toList());
  }

  private static void assertIs(String hex, CborValue value) {
    assertThat(HexFormat.of().formatHex(Cbor.encode(value))).isEqualTo(hex);
    assertThat(Cbor.decode(hex(hex))).isEqualTo(value);
  }

  private static void assertMalformed(String hex, String why) {
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> Cbor.decode(hex(hex))).as(hex).contains(why);
  }

  @Test
  void integersAreThoseOfRfc8949AppendixA() {
    assertIs("00", CborValue.of(0));
    assertIs("01", CborValue.of(1));
    assertIs("0a", CborValue.of(10));
    assertIs("17", CborValue.of(23));
    assertIs("1818", CborValue.of(24));
    assertIs("1819", CborValue.of(25));
    assertIs("1864", CborValue.of(100));
    assertIs("1903e8", CborValue.of(1000));
    assertIs("1a000f4240", CborValue.of(1000000));
    assertIs("1b000000e8d4a51000", CborValue.of(1000000000000L));
    assertIs("20", CborValue.of(-1));
    assertIs("29", CborValue.of(-10));
    assertIs("3863", CborValue.of(-100));
    assertIs("3903e7", CborValue.of(-1000));
  }

  @Test
  void integersReachTo64BitsWithSignAndNotFurther() {
    assertIs("1b7fffffffffffffff", CborValue.of(Long.MAX_VALUE));
    assertIs("3b7fffffffffffffff", CborValue.of(Long.MIN_VALUE));
    assertMalformed("1bffffffffffffffff", "beyond 63 bits");
    assertMalformed("3bffffffffffffffff", "beyond 63 bits");
  }

  @Test
  void stringsAreThoseOfRfc8949AppendixA() {
    assertIs("40", CborValue.of(new byte[0]));
    assertIs("4401020304", CborValue.of(new byte[] {1, 2, 3, 4}));
    assertIs("60", CborValue.of(""));
    assertIs("6161", CborValue.of("a"));
    assertIs("6449455446", CborValue.of("IETF"));
    assertIs("62225c", CborValue.of("\"\\"));
    assertIs("62c3bc", CborValue.of("ü"));
    assertIs("63e6b0b4", CborValue.of("水"));
    assertIs("64f0908591", CborValue.of("\ud800\udd51"));
  }

  @Test
  void simpleValuesAreThoseOfRfc8949AppendixA() {
    assertIs("f4", new CborValue.Truth(false));
    assertIs("f5", new CborValue.Truth(true));
    assertIs("f6", CborValue.NULL);
  }

  @Test
  void arraysAndMapsAreThoseOfRfc8949AppendixA() {
    assertIs("80", array());
    assertIs("83010203", array(1, 2, 3));
    assertIs(
        "8301820203820405",
        new CborValue.Array(List.of(CborValue.of(1), array(2, 3), array(4, 5))));
    assertIs(
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        array(LongStream.rangeClosed(1, 25).toArray()));
    assertIs("a0", CborValue.Map.of(Map.of()));
    assertIs(
        "a201020304",
        CborValue.Map.of(
            Map.of(CborValue.of(3), CborValue.of(4), CborValue.of(1), CborValue.of(2))));
    assertIs(
        "a26161016162820203",
        CborValue.Map.of(
            Map.of(CborValue.of("b"), array(2, 3), CborValue.of("a"), CborValue.of(1))));
    assertIs(
        "826161a161626163",
        new CborValue.Array(
            List.of(
                CborValue.of("a"),
                CborValue.Map.of(Map.of(CborValue.of("b"), CborValue.of("c"))))));
    Map<CborValue, CborValue> five = new HashMap<>();
    for (String letter : List.of("e", "d", "c", "b", "a")) {
      five.put(CborValue.of(letter), CborValue.of(letter.toUpperCase(Locale.ROOT)));
    }
    assertIs("a56161614161626142616361436164614461656145", CborValue.Map.of(five));
  }

  @Test
  void tagsAreThoseOfRfc8949AppendixA() {
    assertIs(
        "c074323031332d30332d32315432303a30343a30305a",
        new CborValue.Tag(0, CborValue.of("2013-03-21T20:04:00Z")));
    assertIs("c11a514b67b0", new CborValue.Tag(1, CborValue.of(1363896240)));
    assertIs(
        "c249010000000000000000", new CborValue.Tag(2, CborValue.of(hex("010000000000000000"))));
    assertIs("d74401020304", new CborValue.Tag(23, CborValue.of(new byte[] {1, 2, 3, 4})));
    assertIs("d818456449455446", new CborValue.Tag(24, CborValue.of(hex("6449455446"))));
    assertIs(
        "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
        new CborValue.Tag(32, CborValue.of("http://www.example.com")));
  }

  @Test
  void whatAppendixAHasBeyondTheSubsetIsRefused() {
    for (String floating : List.of("f90000", "f93c00", "fb3ff199999999999a", "fa47c35000")) {
      assertMalformed(floating, "floating point");
    }
    for (String simple : List.of("f7", "f0", "f818", "f8ff")) {
      assertMalformed(simple, "simple value or undefined");
    }
    for (String indefinite :
        List.of(
            "5f42010243030405ff", "7f657374726561646d696e67ff", "9fff", "bf61610161629f0203ffff")) {
      assertMalformed(indefinite, "indefinite length");
    }
    assertMalformed("83018202039f0405ff", "at byte 5: an indefinite length");
    assertMalformed("ff", "break");
  }

  @Test
  void keysAreInTheOrderOfSection421() {
    Map<CborValue, CborValue> pairs = new LinkedHashMap<>();
    // RFC 8949 section 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false.
    List<CborValue> sorted =
        List.of(
            CborValue.of(10),
            CborValue.of(100),
            CborValue.of(-1),
            CborValue.of("z"),
            CborValue.of("aa"),
            array(100),
            array(-1),
            new CborValue.Truth(false));
    sorted.reversed().forEach(key -> pairs.put(key, CborValue.NULL));
    CborValue.Map map = CborValue.Map.of(pairs);
    assertThat(map.pairs().sequencedKeySet()).containsExactlyElementsOf(sorted);
    assertThat(Cbor.encode(map))
        .isEqualTo(hex("a8 0af6 1864f6 20f6 617af6 626161f6 811864f6 8120f6 f4f6"));
  }

  @Test
  void encodingsThatAreNotDeterministicAreRefused() {
    for (String longForm :
        List.of(
            "1817",
            "190018",
            "1900ff",
            "1a0000ffff",
            "1b00000000ffffffff",
            "3817",
            "5801aa",
            "780161",
            "980101",
            "b8010101",
            "d81200")) {
      assertMalformed(longForm, "shortest form");
    }
    assertMalformed("a203040102", "out of order");
    assertMalformed("a262616100617a00", "out of order");
    assertMalformed("a201000100", "a key twice");
    assertMalformed("a2616101616102", "at byte 4: a key twice");
  }

  @Test
  void brokenInputIsRefusedWithItsPlace() {
    assertMalformed("", "at byte 0: truncated");
    assertMalformed("0000", "at byte 1: 1 bytes behind the value");
    assertMalformed("18", "truncated: 1 bytes expected where 0 are left");
    assertMalformed("4401 02", "at byte 0: truncated: 4 bytes expected where 2 are left");
    assertMalformed("8201", "claims 2 items where 1 bytes are left");
    assertMalformed("820144", "at byte 2: truncated");
    assertMalformed("a1", "claims 2 items");
    assertMalformed("d2", "at byte 1: truncated");
    assertMalformed("61ff", "not UTF-8");
    assertMalformed("62c080", "not UTF-8");
    assertMalformed("63eda080", "not UTF-8");
    for (String reserved : List.of("1c", "1d", "1e", "5c", "dd", "fc")) {
      assertRefused(ErrorCode.INPUT_MALFORMED, () -> Cbor.decode(hex(reserved)));
    }
  }

  @Test
  void lengthsThatLieAllocateNothing() {
    assertMalformed("5b7fffffffffffffff", "truncated");
    assertMalformed("7b7fffffffffffffff", "truncated");
    assertMalformed("9b7fffffffffffffff", "claims 9223372036854775807 items");
    assertMalformed("bb7fffffffffffffff", "claims");
    assertMalformed("9a7fffffff00", "claims 2147483647 items where 1 bytes are left");
    assertMalformed("bb4000000000000000", "claims");
  }

  @Test
  void nestingIsBounded() {
    int most = Cbor.MOST_DEPTH;
    assertThat(Cbor.decode(hex("81".repeat(most) + "00"))).isInstanceOf(CborValue.Array.class);
    assertMalformed("81".repeat(most + 1) + "00", "deeper than 32");
    assertMalformed("d2".repeat(100_000), "deeper than 32");
    CborValue deep = CborValue.NULL;
    for (int i = 0; i <= most; i++) {
      deep = new CborValue.Tag(18, deep);
    }
    CborValue tooDeep = deep;
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> Cbor.encode(tooDeep)).contains("deeper than 32");
  }

  @Test
  void loneSurrogatesAreNoText() {
    assertRefused(ErrorCode.INPUT_MALFORMED, () -> CborValue.of("a\ud800")).contains("surrogate");
  }

  @Test
  void byteStringsCannotBeChangedFromOutside() {
    byte[] bytes = {1, 2, 3};
    CborValue.Bytes value = new CborValue.Bytes(bytes);
    bytes[0] = 9;
    value.value()[1] = 9;
    assertThat(value.value()).containsExactly(1, 2, 3);
    assertThat(value).hasToString("h'010203'");
  }

  @Test
  void randomValuesComeBackAndHaveOneEncoding() {
    SplittableRandom random = Seeded.random("CborTest.randomValues");
    for (int i = 0; i < 500; i++) {
      CborValue value = value(random, 4);
      byte[] encoded = Cbor.encode(value);
      assertThat(Cbor.decode(encoded)).isEqualTo(value);
      mutate(random, encoded);
    }
  }

  @Test
  void randomBytesAreDecodedOrRefusedButNeverCrash() {
    SplittableRandom random = Seeded.random("CborTest.randomBytes");
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      assertOneEncoding(bytes);
    }
  }

  private static void mutate(SplittableRandom random, byte[] encoded) {
    for (int i = 0; i < 40; i++) {
      byte[] mutated =
          random.nextInt(4) == 0
              ? Arrays.copyOf(encoded, random.nextInt(encoded.length + 1))
              : encoded.clone();
      if (mutated.length > 0) {
        mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
      }
      assertOneEncoding(mutated);
    }
  }

  /// Whatever is accepted is exactly what would be written.
  private static void assertOneEncoding(byte[] bytes) {
    CborValue value;
    try {
      value = Cbor.decode(bytes);
    } catch (DureException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
      return;
    }
    assertThat(Cbor.encode(value)).isEqualTo(bytes);
  }

  private static CborValue value(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> CborValue.of(random.nextLong() >> random.nextInt(64));
      case 1 -> {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        yield CborValue.of(bytes);
      }
      case 2 -> CborValue.of(Seeded.text(random, random.nextInt(30)));
      case 3 -> new CborValue.Truth(random.nextBoolean());
      case 4 -> CborValue.NULL;
      case 5 -> {
        List<CborValue> values = new ArrayList<>();
        for (int n = random.nextInt(7); n > 0; n--) {
          values.add(value(random, depth - 1));
        }
        yield new CborValue.Array(values);
      }
      case 6 -> {
        Map<CborValue, CborValue> pairs = new HashMap<>();
        for (int n = random.nextInt(7); n > 0; n--) {
          pairs.put(value(random, depth - 1), value(random, depth - 1));
        }
        yield CborValue.Map.of(pairs);
      }
      default ->
          new CborValue.Tag(
              random.nextLong(Long.MAX_VALUE) >> random.nextInt(63), value(random, depth - 1));
    };
  }

  @Test
  void textIsCountedInBytes() {
    String text = "두레".repeat(100);
    byte[] encoded = Cbor.encode(CborValue.of(text));
    assertThat(encoded).startsWith(hex("790258"));
    assertThat(encoded).hasSize(3 + text.getBytes(StandardCharsets.UTF_8).length);
  }
}
