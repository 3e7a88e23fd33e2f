package org.dure.core.privacy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Finds personal identifiers in text, by their published forms and check digits.
///
/// Digits of every script count as digits, and a space, hyphen or dot may stand between them as
/// people write them. Time is linear in the text: no expression repeats without a bound. Sources:
/// Korea's resident number by its published weights, whose check fails for numbers issued since
/// October 2020, so that a well-formed number with a date is found without it; My Number by
/// Ordinance 85 of the Ministry of Internal Affairs, article 5; the NIR's key by INSEE; the CCCD by
/// Circular 07/2016/TT-BCA, article 7, which has no check digit; cards by Luhn, ISO/IEC 7812; IBAN
/// by ISO 13616. Stateless.
public final class Identifiers {
  /// How sure it is.
  public enum Certainty {
    /// Its check digits fit.
    CHECKED,
    /// It has the form; there is nothing to check.
    FORM
  }

  /// One identifier.
  ///
  /// @param from index of its first character
  /// @param to index behind its last
  public record Found(IdentifierKind kind, int from, int to, Certainty certainty) {}

  private static final String GAP = "[ \\u00a0\\u202f.\\-\\u2010-\\u2013\\uff0d]?";
  private static final String WIDE_GAP = "[ \\u00a0\\u202f.\\-\\u2010-\\u2013\\uff0d()/]{0,2}";
  private static final String BEFORE = "(?<![\\p{Nd}])";
  private static final String AFTER = "(?![\\p{Nd}])";

  /// Looks at digits that have a form.
  @FunctionalInterface
  private interface Check {
    /// @return how sure it is that they are an identifier; null if they are none
    @Nullable Certainty of(String digits);
  }

  private record Form(IdentifierKind kind, Pattern pattern, Check check) {}

  private static final List<Form> FORMS =
      List.of(
          form(
              IdentifierKind.KOREAN_RESIDENT,
              "\\p{Nd}{6}" + GAP + "\\p{Nd}{7}",
              CheckDigits::koreanResident),
          form(
              IdentifierKind.FRENCH_NIR,
              "[\\p{Nd}]"
                  + GAP
                  + "\\p{Nd}{2}"
                  + GAP
                  + "\\p{Nd}{2}"
                  + GAP
                  + "(?:\\p{Nd}{2}|\\p{Nd}[ABab])"
                  + GAP
                  + "\\p{Nd}{3}"
                  + GAP
                  + "\\p{Nd}{3}"
                  + GAP
                  + "\\p{Nd}{2}",
              CheckDigits::frenchNir),
          form(
              IdentifierKind.MY_NUMBER,
              "\\p{Nd}{4}" + GAP + "\\p{Nd}{4}" + GAP + "\\p{Nd}{4}",
              CheckDigits::myNumber),
          form(
              IdentifierKind.VIETNAMESE_CCCD,
              "\\p{Nd}{3}" + GAP + "\\p{Nd}{3}" + GAP + "\\p{Nd}{3}" + GAP + "\\p{Nd}{3}",
              CheckDigits::vietnameseCccd),
          form(IdentifierKind.CARD, "\\p{Nd}(?:" + GAP + "\\p{Nd}){12,18}", CheckDigits::card),
          form(
              IdentifierKind.IBAN,
              "[A-Za-z]{2}\\p{Nd}{2}(?:" + GAP + "[A-Za-z\\p{Nd}]){11,30}",
              CheckDigits::iban),
          form(
              IdentifierKind.PHONE,
              "(?:[+\\uff0b]|\\p{Nd}{2})\\p{Nd}(?:" + WIDE_GAP + "\\p{Nd}){7,14}",
              CheckDigits::phone),
          form(
              IdentifierKind.PHONE,
              "\\(?\\p{Nd}(?:" + WIDE_GAP + "\\p{Nd}){8,10}",
              CheckDigits::phone));

  private Identifiers() {}

  private static Form form(IdentifierKind kind, String expression, Check check) {
    return new Form(kind, Pattern.compile(BEFORE + expression + AFTER), check);
  }

  /// Every identifier, in the order in which they begin; they may overlap where a number has the
  /// form of several.
  public static List<Found> find(String text) {
    List<Found> found = new ArrayList<>();
    eMails(text, found);
    if (text.codePoints().anyMatch(Character::isDigit)) {
      for (Form form : FORMS) {
        numbers(text, form, found);
      }
    }
    found.sort(Comparator.comparingInt(Found::from).thenComparing(Found::kind));
    return found;
  }

  private static void numbers(String text, Form form, List<Found> found) {
    Matcher matcher = form.pattern.matcher(text);
    int at = 0;
    while (at < text.length() && matcher.find(at)) {
      Certainty certainty = form.check.of(plain(matcher.group()));
      if (certainty != null) {
        found.add(new Found(form.kind, matcher.start(), matcher.end(), certainty));
      }
      at = certainty == null ? next(text, matcher.start()) : matcher.end();
    }
  }

  /// Behind the digits at `from`: what begins within them is a part of what was looked at.
  private static int next(String text, int from) {
    int at = from + 1;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /// Only letters, digits as ASCII's, and a plus sign.
  private static String plain(String written) {
    StringBuilder plain = new StringBuilder();
    written
        .codePoints()
        .forEach(
            codePoint -> {
              if (Character.isDigit(codePoint)) {
                plain.append(Character.digit(codePoint, 10));
              } else if (codePoint == '+' || codePoint == '＋') {
                plain.append('+');
              } else if (Character.isLetter(codePoint)) {
                plain.appendCodePoint(Character.toUpperCase(codePoint));
              }
            });
    return plain.toString();
  }

  private static final int MOST_LOCAL_PART = 64;
  private static final int MOST_DOMAIN = 255;

  /// From each at sign outwards, so that a text of letters alone costs nothing.
  private static void eMails(String text, List<Found> found) {
    int done = 0;
    for (int at = next(text, '@', '＠', 0); at >= 0; at = next(text, '@', '＠', at + 1)) {
      boolean ascii = at > 0 && text.charAt(at - 1) < 0x80;
      int from = at;
      while (from > Math.max(done, at - MOST_LOCAL_PART)
          && isOfMail(text.charAt(from - 1), ascii)) {
        from--;
      }
      int to = at + 1;
      boolean dot = false;
      while (to < Math.min(text.length(), at + MOST_DOMAIN)
          && isOfMail(text.charAt(to), text.charAt(at + 1) < 0x80)) {
        dot |= text.charAt(to) == '.' && to + 1 < text.length() && isLetterOrDigit(text, to + 1);
        to++;
      }
      if (from < at && dot) {
        found.add(new Found(IdentifierKind.E_MAIL, from, to, Certainty.FORM));
        done = to;
      }
    }
  }

  private static boolean isLetterOrDigit(String text, int at) {
    return Character.isLetterOrDigit(text.charAt(at));
  }

  private static int next(String text, char one, char other, int from) {
    int first = text.indexOf(one, from);
    int second = text.indexOf(other, from);
    return first < 0 || second >= 0 && second < first ? second : first;
  }

  private static boolean isOfMail(char character, boolean ascii) {
    return (!ascii || character < 0x80)
        && (Character.isLetterOrDigit(character) || "._%+-".indexOf(character) >= 0);
  }
}
