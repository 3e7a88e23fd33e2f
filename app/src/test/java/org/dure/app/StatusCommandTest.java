package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.app.home.HubHome;
import org.dure.console.ConcernMessages;
import org.dure.console.Console;
import org.dure.console.ConsoleExtras;
import org.dure.console.ConsoleSamples;
import org.dure.console.Messages;
import org.dure.console.PrometheusTextTest;
import org.dure.core.Json;
import org.dure.federation.status.StudyStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StatusCommandTest {
  @TempDir Path folder;

  private record Outcome(int status, String out, String err) {}

  private static Outcome dure(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Dure.commandLine(arguments);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return new Outcome(line.execute(arguments), out.toString(), err.toString());
  }

  private static Console console(StudyStatus status) {
    return Console.start(() -> status, ConsoleExtras.none(), "127.0.0.1", 0);
  }

  private static String get(Console console, String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI address = URI.create(console.address()).resolve(path);
      return client
          .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void statusConsoleAndMetricsShowTheSameNumbers() throws Exception {
    try (Console console = console(ConsoleSamples.troubled())) {
      Outcome outcome = dure("status", "--console", console.address(), "--json");
      assertThat(outcome.err).isEmpty();
      StudyStatus told = Json.read(outcome.out.strip(), StudyStatus.class);
      assertThat(told.equals(Json.read(get(console, "/api/status"), StudyStatus.class))).isTrue();
      PrometheusTextTest.assertSame(told, PrometheusTextTest.parse(get(console, "/metrics")));
      String page = get(console, "/?lang=en");
      String table = dure("status", "--console", console.address(), "--language", "en").out;
      for (StudyStatus.Region region : told.regions()) {
        if (region.concern() != null) {
          String text = ConcernMessages.text(Messages.of("en"), region.concern());
          assertThat(page).contains(text);
          assertThat(table).contains(text);
        }
      }
    }
  }

  @Test
  void theAnswerForStatusIsShortHoweverLongTheStudyIs() throws Exception {
    try (Console console = console(ConsoleSamples.training(60, 1))) {
      StudyStatus whole = Json.read(get(console, "/api/status"), StudyStatus.class);
      StudyStatus part = Json.read(get(console, "/api/status?rounds=20"), StudyStatus.class);
      assertThat(whole.history()).hasSize(61);
      assertThat(part.history()).hasSize(20);
      assertThat(part.history().getLast().number()).isEqualTo(61);
      assertThat(part.traffic().totals()).isEqualTo(whole.traffic().totals());
    }
  }

  @Test
  void aHubsHomeNamesItsConsole() throws Exception {
    try (Console console = console(ConsoleSamples.oneAbsent())) {
      Files.writeString(new HubHome(folder).consoleAddress(), console.address() + "\n");
      assertThat(dure("status", "--home", folder.toString(), "--language", "ko").out)
          .contains("부재");
    }
  }

  @Test
  void theConsoleOfAnotherStudyIsNotTakenForTheHomesOwn() throws Exception {
    try (Console console = console(ConsoleSamples.oneAbsent())) {
      HubHome home = new HubHome(folder);
      Files.writeString(home.consoleAddress(), console.address() + "\n");
      Files.writeString(
          home.study(), "name = \"own\"\nregions.ko.language = \"ko\"\nworkload = \"rehearsal\"\n");
      Outcome outcome = dure("status", "--home", folder.toString());
      assertThat(outcome.status).isEqualTo(4);
      assertThat(outcome.err)
          .contains("no hub runs on " + folder, "by now", "start it: dure hub --home ");
    }
  }

  @Test
  void withoutAConsoleTheErrorSaysWhereItAsked() {
    Outcome outcome = dure("status", "--console", "http://127.0.0.1:1");
    assertThat(outcome.status).isEqualTo(4);
    assertThat(outcome.err).contains("no console answers at http://127.0.0.1:1", "--console-port");
    outcome = dure("status", "--home", folder.toString());
    assertThat(outcome.status).isEqualTo(4);
    assertThat(outcome.err)
        .contains("no hub runs on " + folder, "start it: dure hub --home " + folder);
  }

  @Test
  void ofAHubThatWasKilledItSaysHowToStartIt() throws IOException {
    Files.writeString(new HubHome(folder).consoleAddress(), "http://127.0.0.1:1/\n");
    Outcome outcome = dure("status", "--home", folder.toString());
    assertThat(outcome.status).isEqualTo(4);
    assertThat(outcome.err)
        .contains("no hub runs on " + folder, "start it: dure hub --home " + folder);
  }

  @Test
  void wrongOptionsAreNamed() {
    assertThat(dure("status", "--language", "de").err).contains("--language de", "ko, ja, fr, vi");
    assertThat(dure("status", "--home", "h", "--console", "http://127.0.0.1:1").status)
        .isEqualTo(2);
  }

  @Test
  void watchingEndsWithTheStudy() {
    try (Console console = console(ConsoleSamples.finished())) {
      Outcome outcome = dure("status", "--console", console.address(), "--watch");
      assertThat(outcome.status).isZero();
    }
  }
}
