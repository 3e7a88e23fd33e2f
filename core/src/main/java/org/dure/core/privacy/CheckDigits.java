package org.dure.core.privacy;

import java.time.DateTimeException;
import java.time.LocalDate;
import org.dure.core.privacy.Identifiers.Certainty;
import org.jspecify.annotations.Nullable;

/// Whether digits are an identifier: each answers how sure it is, null if they are none. The
/// digits are ASCII, without what stands between them.
final class CheckDigits {
  private static final int[] KOREAN_WEIGHTS = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};

  private CheckDigits() {}

  private static int digit(String digits, int at) {
    return digits.charAt(at) - '0';
  }

  /// Six of a date of birth; century and sex; numbers issued since October 2020 have no check.
  static @Nullable Certainty koreanResident(String digits) {
    int century =
        switch (digit(digits, 6)) {
          case 9, 0 -> 1800;
          case 1, 2, 5, 6 -> 1900;
          default -> 2000;
        };
    if (!isDate(
        century + number(digits, 0, 2), (int) number(digits, 2, 4), (int) number(digits, 4, 6))) {
      return null;
    }
    int sum = 0;
    for (int i = 0; i < KOREAN_WEIGHTS.length; i++) {
      sum += KOREAN_WEIGHTS[i] * digit(digits, i);
    }
    boolean foreigner = digit(digits, 6) >= 5 && digit(digits, 6) <= 8;
    int expected = ((foreigner ? 13 : 11) - sum % 11) % 10;
    return expected == digit(digits, 12) ? Certainty.CHECKED : Certainty.FORM;
  }

  private static boolean isDate(long year, int month, int day) {
    try {
      var unused = LocalDate.of((int) year, month, day);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static long number(String digits, int from, int to) {
    return Long.parseLong(digits.substring(from, to));
  }

  static @Nullable Certainty myNumber(String digits) {
    int sum = 0;
    for (int n = 1; n <= 11; n++) {
      sum += digit(digits, 11 - n) * (n <= 6 ? n + 1 : n - 5);
    }
    int rest = sum % 11;
    int expected = rest <= 1 ? 0 : 11 - rest;
    return expected == digit(digits, 11) ? Certainty.CHECKED : null;
  }

  /// Province of birth, 001 to 096; century and sex; year; six more.
  static @Nullable Certainty vietnameseCccd(String digits) {
    long province = number(digits, 0, 3);
    return province >= 1 && province <= 96 ? Certainty.FORM : null;
  }

  /// Sex, year, month, department, commune, order and the key of 97. Corsica's departments stand
  /// for 19 and 18 in it.
  static @Nullable Certainty frenchNir(String digits) {
    int month = (int) number(digits, 3, 5);
    boolean isMonth = month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50;
    if ("123478".indexOf(digits.charAt(0)) < 0 || !isMonth) {
      return null;
    }
    String body = digits.substring(0, 13).replace("2A", "19").replace("2B", "18");
    if (!body.chars().allMatch(Character::isDigit)) {
      return null;
    }
    return 97 - Long.parseLong(body) % 97 == number(digits, 13, 15) ? Certainty.CHECKED : null;
  }

  static @Nullable Certainty card(String digits) {
    if (digits.charAt(0) < '2' || digits.charAt(0) > '6') {
      return null;
    }
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int value = digit(digits, digits.length() - 1 - i) * (i % 2 == 0 ? 1 : 2);
      sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0 ? Certainty.CHECKED : null;
  }

  static @Nullable Certainty iban(String written) {
    String moved = written.substring(4) + written.substring(0, 4);
    long rest = 0;
    for (int i = 0; i < moved.length(); i++) {
      int value = Character.digit(moved.charAt(i), 36);
      if (value < 0) {
        return null;
      }
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1 ? Certainty.CHECKED : null;
  }

  /// With the country, or from a zero on: 9 to 11 digits in Korea, Japan, France and Viet Nam.
  static @Nullable Certainty phone(String digits) {
    boolean national = digits.charAt(0) == '0' && digits.charAt(1) != '0';
    boolean abroad = digits.charAt(0) == '+' || digits.startsWith("00");
    int length = digits.length();
    return abroad || national && length >= 9 && length <= 11 ? Certainty.FORM : null;
  }
}
