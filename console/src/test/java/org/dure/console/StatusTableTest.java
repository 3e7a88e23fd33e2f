package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.log.DropReason;
import org.dure.federation.protocol.TakenBack;
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

  @Test
  void whoIsMergedWithWhomIsSaidWhereNotAllAreWithAll() {
    StudyStatus all = ConsoleSamples.training(3, 4);
    StudyStatus circled =
        ConsoleSamples.regions(
            all,
            r ->
                new StudyStatus.Region(
                    r.name(),
                    r.language(),
                    r.name().equals("ko") || r.name().equals("vi") ? "kind:law" : "kind:news",
                    r.presence(),
                    r.activity(),
                    r.work(),
                    r.pace(),
                    r.time(),
                    r.link(),
                    r.standing(),
                    r.concern()));
    String sentence = "Merged with one another in round 4: ko, vi · ja, fr.";
    assertThat(lines(circled, "en")).contains(sentence);
    assertThat(lines(all, "en")).noneMatch(line -> line.startsWith("Merged with"));
    HtmlWriter html = new HtmlWriter();
    BeltPage.write(html, view(circled, "en"));
    assertThat(html.end()).contains(sentence);
  }

  @Test
  void aContributionWhoseCircleWasNotMergedHasNoShare() {
    StudyStatus.Contribution apart =
        new StudyStatus.Contribution(1000, Map.of(), 5, 0, 1, null, null, null);
    View view = view(ConsoleSamples.training(3, 4), "en");
    HtmlWriter merged = new HtmlWriter();
    RoundsPage.one(merged, view, new StudyStatus.Round(3, 1, 9L, Map.of("ko", apart)));
    assertThat(merged.end()).contains(">not merged<").doesNotContain("100%");
    HtmlWriter open = new HtmlWriter();
    RoundsPage.one(open, view, new StudyStatus.Round(3, 1, null, Map.of("ko", apart)));
    assertThat(open.end()).contains("100%").doesNotContain(">not merged<");
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

  @ParameterizedTest
  @FieldSource("LANGUAGES")
  void whyARoundWasDroppedIsSaidAndWhatMakesUpForIt(String language) {
    StudyStatus.Drop few = new StudyStatus.Drop(2, DropReason.TOO_FEW, 2, 3, List.of(), 5);
    StudyStatus.Drop out = new StudyStatus.Drop(4, DropReason.SHUT_OUT, 3, 3, List.of("ko"), 6);
    StudyStatus.Drop lie =
        new StudyStatus.Drop(5, DropReason.FALSE_SHARES, 3, 3, List.of("x\u001b[2J"), 7);
    Messages words = Messages.of(language);
    View going = view(dropped(3, 3, few, out, lie), language);
    assertThat(StatusTable.plain(going))
        .contains("x", words.text("dropped.next", "next", "6"))
        .contains(words.text("dropped.next", "next", "3"))
        .contains(words.text("dropped.count", "count", "3", "most", "3"))
        .doesNotContain("dropped.", "{round", "{here", "{regions", "{next", "\u001b");
    HtmlWriter html = new HtmlWriter();
    Returns.write(html, going);
    RoundsPage.list(html, going, 0);
    assertThat(html.end())
        .contains(words.text("dropped.too-few", "round", "2", "here", "2", "needed", "3"))
        .contains(">" + words.text("round.dropped"));
    assertThat(StatusTable.plain(view(dropped(4, 3, few, out, lie), language)))
        .contains(words.text("dropped.end", "most", "3"))
        .doesNotContain(words.text("dropped.next", "next", "6"));
  }

  private static StudyStatus dropped(int count, int most, StudyStatus.Drop... newest) {
    TakenBack takenBack = TakenBack.NONE;
    for (StudyStatus.Drop one : newest) {
      takenBack = takenBack.with(takenBack.standingBefore(one.round()), one.round());
    }
    return ConsoleSamples.undone(
        ConsoleSamples.training(7, 4),
        new StudyStatus.Undone(
            takenBack, List.of(), new StudyStatus.Drops(count, most, List.of(newest))));
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
