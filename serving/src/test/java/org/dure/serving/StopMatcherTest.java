package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.dure.serving.text.StopMatcher;
import org.junit.jupiter.api.Test;

class StopMatcherTest {
  @Test
  void aStopStringInOnePieceEndsTheTextBeforeIt() {
    StopMatcher matcher = new StopMatcher(List.of("\n\n"));
    assertThat(matcher.add("one\n\ntwo")).isEqualTo("one");
    assertThat(matcher.stopped()).isTrue();
    assertThat(matcher.add("more")).isEmpty();
    assertThat(matcher.end()).isEmpty();
  }

  @Test
  void aStopStringOverSeveralPiecesIsNeverShown() {
    StopMatcher matcher = new StopMatcher(List.of("END"));
    assertThat(matcher.add("text E")).isEqualTo("text ");
    assertThat(matcher.add("N")).isEmpty();
    assertThat(matcher.add("D and on")).isEmpty();
    assertThat(matcher.stopped()).isTrue();
  }

  @Test
  void whatOnlyLookedLikeAStopIsShownLater() {
    StopMatcher matcher = new StopMatcher(List.of("END"));
    assertThat(matcher.add("EN")).isEmpty();
    assertThat(matcher.add("EN")).isEqualTo("EN");
    assertThat(matcher.end()).isEqualTo("EN");
    assertThat(matcher.stopped()).isFalse();
  }

  @Test
  void theStopThatIsCompleteFirstWins() {
    StopMatcher matcher = new StopMatcher(List.of("later", "first"));
    assertThat(matcher.add("a first b later")).isEqualTo("a ");
  }

  @Test
  void anyCutGivesWhatASearchInTheWholeTextGives() {
    SplittableRandom random = Seeded.random("anyCutGivesWhatASearchInTheWholeTextGives");
    for (int round = 0; round < 2000; round++) {
      String text = letters(random, 20);
      List<String> stops = new ArrayList<>();
      for (int count = random.nextInt(1, 4); count > 0; count--) {
        stops.add(letters(random, random.nextInt(1, 4)));
      }
      String expected = before(text, stops);
      StopMatcher matcher = new StopMatcher(stops);
      StringBuilder out = new StringBuilder();
      for (int at = 0; at < text.length() && !matcher.stopped(); ) {
        int to = Math.min(text.length(), at + random.nextInt(1, 4));
        out.append(matcher.add(text.substring(at, to)));
        at = to;
      }
      out.append(matcher.stopped() ? "" : matcher.end());
      assertThat(out.toString()).as("%s in %s", stops, text).isEqualTo(expected);
    }
  }

  /// The text before the stop that is complete first.
  private static String before(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String read = text.substring(0, end);
      int longest = stops.stream().filter(read::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return text.substring(0, end - longest);
      }
    }
    return text;
  }

  private static String letters(SplittableRandom random, int length) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < length; at++) {
      text.append((char) random.nextInt('a', 'd'));
    }
    return text.toString();
  }
}
