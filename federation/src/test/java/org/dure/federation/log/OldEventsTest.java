package org.dure.federation.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import org.dure.federation.protocol.Circles;
import org.junit.jupiter.api.Test;

/// Logs from before there were circles and families.
class OldEventsTest {
  private static final String PREVIOUS = "2".repeat(64);

  private static Event read(String kind, String body) {
    String line =
        "{\"number\":7,\"time\":1790000000000,\"previous\":\"%s\",\"kind\":\"%s\",\"body\":%s}"
            .formatted(PREVIOUS, kind, body);
    Event.Logged logged = Event.parse(line.getBytes(UTF_8), 7, PREVIOUS);
    assertThat(new String(logged.bytes(), UTF_8)).isEqualTo(line);
    return logged.event();
  }

  @Test
  void aMergeWasOfTheCircleOfAll() {
    Event.Merged merged =
        (Event.Merged)
            read(
                "Merged",
                """
                {"round":2,"weights":"55","momentum":"aa","norm":12.5,"parts":{"ja":{"share":1.0,\
                "cosine":-0.5,"started":1,"judgement":{"verdict":"counted","agreement":-0.25,\
                "repeat":0.125,"onward":-0.5,"norms":[1.5,2.5],"scales":[]}}}}\
                """);
    assertThat(merged.round()).isEqualTo(2);
    assertThat(merged.circles()).containsOnlyKeys(Circles.ALL);
    assertThat(merged.standings()).containsEntry(Circles.ALL, new Event.Standing("55", "aa"));
    assertThat(merged.parts()).containsOnlyKeys("ja");
  }

  @Test
  void aPreparationWasOfTheFamilyOfAll() {
    Event.Prepared prepared =
        (Event.Prepared)
            read(
                "Prepared",
                "{\"common\":\"55\",\"parts\":{\"ja\":\"66\"},\"leftOut\":{\"ko\":\"bad\"}}");
    assertThat(prepared.common()).containsExactly(entry(Circles.ALL, "55"));
    assertThat(prepared.parts()).containsExactly(entry("ja", "66"));
    assertThat(prepared.leftOut()).containsExactly(entry("ko", "bad"));
  }

  @Test
  void soWasAReturn() {
    Event.Undone undone =
        (Event.Undone)
            read(
                "Undone",
                """
                {"round":6,"base":2,"weights":"88","momentum":"","cause":{"decision":"d",\
                "region":"vi","reason":"poisoned"}}\
                """);
    assertThat(undone.base()).isEqualTo(2);
    assertThat(undone.circles()).containsEntry(Circles.ALL, new Event.Standing("88", ""));
  }
}
