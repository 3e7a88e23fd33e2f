package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.List;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class StatusTableTest {
  static final List<String> LANGUAGES = Messages.LANGUAGES;

  private static View view(StudyStatus status, String language) {
    return new View(status, Messages.of(language), ZoneOffset.UTC, "/");
  }

  private static List<String> lines(StudyStatus status, String language) {
    return StatusTable.plain(view(status, language)).lines().toList();
  }

  @Test
  void eachRegionIsOneLineWithWhatIsWrongWithIt() {
    List<String> lines = lines(ConsoleSamples.troubled(), "en");
    assertThat(lines).anyMatch(line -> line.startsWith("ko") && line.contains("Present"));
    assertThat(lines)
        .anyMatch(
            line ->
                line.startsWith("ja")
                    && line.endsWith("4.1 times slower than the median (1 min 36 s beside 23.4 s)"))
        .anyMatch(line -> line.startsWith("fr") && line.endsWith("refused 12 times: WRONG_LENGTH"))
        .anyMatch(
            line ->
                line.startsWith("vi")
                    && line.contains("Absent")
                    && line.endsWith("absent for 1 min 23 s, since round 7"));
    assertThat(lines).anyMatch(line -> line.equals("The hub pauses: its disk is full."));
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void columnsStandUnderTheirHeadsInEveryScript(String language) {
    List<String> lines = lines(ConsoleSamples.training(3, 4), language);
    List<String> table = lines.subList(lines.size() - 5, lines.size());
    String refused = RegionNumber.REFUSED.title(view(ConsoleSamples.waiting(), language));
    String head = table.getFirst();
    int end = StatusTable.width(head.substring(0, head.indexOf(refused) + refused.length()));
    for (String line : table.subList(1, 5)) {
      assertThat(line).endsWith("0");
      assertThat(StatusTable.width(line)).isEqualTo(end);
    }
  }

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void whatWasTakenBackIsSaidWithItsReason(String language) {
    StudyStatus status =
        ConsoleSamples.undone(
            ConsoleSamples.training(7, 4),
            new StudyStatus.Return(2, 3, false, "vi", "poisoned\u001b[2J", 5),
            new StudyStatus.Return(4, 6, true, "", "3 of 4 regions", 6));
    View view = view(status, language);
    assertThat(StatusTable.plain(view))
        .contains("vi", "poisoned", "3 of 4 regions")
        .doesNotContain("undone.", "{round", "{region", "\u001b");
    HtmlWriter html = new HtmlWriter();
    RoundsPage.list(html, view, 0);
    String taken = Messages.of(language).text("round.takenBack");
    assertThat(html.end().split(taken, -1)).as(taken).hasSizeGreaterThanOrEqualTo(6);
    assertThat(Messages.of(language).text("doing.going-back")).isNotEmpty();
  }

  @Test
  void coloursAreOnlyForTerminals() {
    assertThat(StatusTable.plain(view(ConsoleSamples.troubled(), "en"))).doesNotContain("\u001b");
    assertThat(StatusTable.coloured(view(ConsoleSamples.troubled(), "en")))
        .contains("\u001b[31mabsent for", "\u001b[33m4.1 times");
  }

  @Test
  void whatAPeerWroteCannotSteerTheTerminal() {
    String text =
        StatusTable.plain(view(ConsoleSamples.hostile("a\u001b[2J\nb\u202Ec\u0007"), "en"));
    assertThat(text).doesNotContain("\u001b", "\u0007", "\u202E", "\nb");
  }
}
