package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.RegionState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The console over HTTP, with hand-made pictures of a study.
final class ConsoleTest {
  private static final List<String> PAGES =
      List.of("/", "/borders", "/rounds", "/rounds/1", "/evaluation", "/release");
  private static final String HOSTILE =
      "</title><script>alert(1)</script>\"' onload=x {round} \u202E<img src=x>&amp;";

  private static final URI CHAT = URI.create("http://127.0.0.1:8400/");

  @TempDir Path folder;

  private final AtomicReference<StudyStatus> status =
      new AtomicReference<>(ConsoleSamples.training(3, 4));
  private final AtomicReference<Optional<Path>> report = new AtomicReference<>(Optional.empty());
  private final AtomicReference<List<ConsoleExtras.Release>> releases =
      new AtomicReference<>(List.of());
  private final HttpClient client = HttpClient.newHttpClient();
  private Console console;

  @BeforeEach
  void start() {
    console =
        Console.start(
            status::get,
            new ConsoleExtras(report::get, releases::get, Optional.of(CHAT)),
            "127.0.0.1",
            0);
  }

  @AfterEach
  void stop() {
    console.close();
    client.close();
  }

  private HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + console.port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /// Another picture, once the one that the console keeps has served its time.
  private void show(StudyStatus next) {
    console.close();
    status.set(next);
    start();
  }

  @Test
  void everyPageOfEveryPhaseAnswersInEveryLanguage() throws Exception {
    for (StudyStatus picture :
        List.of(
            ConsoleSamples.waiting(),
            ConsoleSamples.training(0, 3),
            ConsoleSamples.training(5, 10),
            ConsoleSamples.oneAbsent(),
            ConsoleSamples.stalled(),
            ConsoleSamples.measuring(),
            ConsoleSamples.finished())) {
      show(picture);
      for (String language : Messages.LANGUAGES) {
        for (String page : PAGES) {
          if (page.equals("/rounds/1") && picture.history().isEmpty()) {
            continue;
          }
          HttpResponse<String> answer = get(page, "Accept-Language", language);
          assertThat(answer.statusCode()).as(page + " " + answer.body()).isEqualTo(200);
          assertThat(answer.headers().firstValue("Content-Language")).hasValue(language);
          assertSound(page, language, answer.body());
        }
      }
    }
  }

  /// What holds for every page: one heading of the first level, landmarks, elements closed in
  /// order, ids used once and found where they are referred to, nothing inline that the policy
  /// forbids, nothing from elsewhere.
  private static void assertSound(String page, String language, String html) {
    assertThat(html)
        .startsWith("<!DOCTYPE html>\n<html lang=\"" + language + "\">")
        .containsOnlyOnce("<h1>")
        .containsOnlyOnce("<main id=\"content\"")
        .contains("class=\"skip\" href=\"#content\"")
        .doesNotContain(" style=", "<style", " onload=\"", "javascript:")
        .doesNotContainPattern("(src|href)=\"(https?:)?//")
        .doesNotContain("NaN", "Infinity", "null");
    Matcher ids = Pattern.compile(" id=\"([^\"]+)\"").matcher(html);
    Set<String> seen = new HashSet<>();
    while (ids.find()) {
      assertThat(seen.add(ids.group(1))).as(page + " id " + ids.group(1)).isTrue();
    }
    Matcher references = Pattern.compile("(?:aria-labelledby=\"|href=\"#)([^\"]+)\"").matcher(html);
    while (references.find()) {
      assertThat(seen).as(page).contains(references.group(1).split(" "));
    }
  }

  @Test
  void theFirstPageShowsRegionsRoundTimeAndTraffic() throws Exception {
    String html = get("/", "Accept-Language", "en").body();
    assertThat(html)
        .contains("Round 4 of 15 is open: 4 of 4 regions are present, 0 have contributed.")
        .contains("about 4 min 38 s")
        .contains("한국어", "日本語", "français", "Tiếng Việt")
        .contains("training at home", "34 of 150", "69,632", "4.7 MB")
        .contains("<path class=\"curve main\" d=\"M42.0");
  }

  @Test
  void theLanguageIsAskedForRememberedOrPreferred() throws Exception {
    assertThat(get("/", "Accept-Language", "vi-VN,vi;q=0.9").body()).contains("Các vùng");
    HttpResponse<String> asked = get("/?lang=fr", "Accept-Language", "vi");
    assertThat(asked.body()).contains("Régions");
    String cookie = asked.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie).startsWith("dure-language=fr").contains("HttpOnly", "SameSite=Lax");
    assertThat(get("/", "Cookie", "dure-language=fr", "Accept-Language", "vi").body())
        .contains("Régions");
    assertThat(get("/?lang=tlh", "Accept-Language", "ja").headers().firstValue("Set-Cookie"))
        .isEmpty();
  }

  @Test
  void theStatusAsJsonReadsBackToTheSamePicture() throws Exception {
    HttpResponse<String> answer = get("/api/status");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(Json.read(answer.body(), StudyStatus.class)).isEqualTo(status.get());
  }

  @Test
  void followersHearOfAChangeAndTheEndOfTheConsole() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(console.address() + "events")).build();
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("event: status");
      assertThat(lines.readLine()).contains("\"phase\":\"TRAINING\",\"round\":4,\"rounds\":15");
      assertThat(lines.readLine()).isEmpty();
      status.set(ConsoleSamples.finished());
      assertThat(lines.readLine()).isEqualTo("event: status");
      assertThat(lines.readLine()).contains("\"phase\":\"FINISHED\"");
      assertThat(lines.readLine()).isEmpty();
      console.close();
      assertThat(rest(lines)).isEmpty();
    }
  }

  /// Everything until the connection ends, in whichever way it does.
  private static List<String> rest(BufferedReader lines) {
    try {
      return lines.lines().toList();
    } catch (UncheckedIOException ended) {
      return List.of();
    }
  }

  @Test
  void whatPeersSayNeverBecomesMarkup() throws Exception {
    show(ConsoleSamples.hostile(HOSTILE));
    for (String page : PAGES) {
      String html = get(page, "Accept-Language", "en").body();
      assertThat(html)
          .as(page)
          .contains("&lt;/title&gt;&lt;script&gt;")
          .doesNotContain("<script>", "<img", "\u202E", "NaN");
    }
  }

  @Test
  void answersBringAStrictPolicyAndAreNotKept() throws Exception {
    for (String path : List.of("/", "/api/status", "/console/console.js", "/nothing")) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(answer.headers().firstValue("Server")).isEmpty();
    }
    assertThat(get("/").headers().firstValue("Cache-Control")).hasValue("no-store");
  }

  @Test
  void anAddressThatLeadsNowhereSaysSoInTheReadersLanguage() throws Exception {
    for (String path :
        List.of(
            "/nothing",
            "/rounds/99",
            "/rounds/0",
            "/rounds/-1",
            "/rounds/99999999999",
            "/console/none.js",
            "/report/",
            "/report/x.html",
            "//evil.example/")) {
      HttpResponse<String> answer = get(path, "Accept-Language", "ja");
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
      assertThat(answer.body()).as(path).contains("ページが見つかりません");
    }
    HttpResponse<String> api = get("/api/nothing");
    assertThat(api.statusCode()).isEqualTo(404);
    assertThat(api.body()).startsWith("{\"error\":{");
  }

  @Test
  void theConsoleOnlyReads() throws Exception {
    HttpRequest post =
        HttpRequest.newBuilder(URI.create(console.address()))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.discarding()).statusCode())
        .isEqualTo(405);
  }

  @Test
  void aPageOnAForeignNameOfThisMachineIsRefused() throws Exception {
    try (var socket = new Socket("127.0.0.1", console.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /api/status HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 421").doesNotContain("demo");
    }
  }

  @Test
  void pagesFromElsewhereAreTurnedAwayOnEveryPath() throws IOException {
    for (String path : List.of("/", "/api/status", "/metrics", "/events", "/console/icon.svg")) {
      assertThat(exchange("GET " + path, "Origin: http://evil.test"))
          .as(path)
          .startsWith("HTTP/1.1 403")
          .doesNotContain("demo");
      assertThat(exchange("HEAD " + path, "Origin: http://127.0.0.1:" + console.port()))
          .as(path)
          .startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void theHeadOfAPathIsThatOfItsAnswer() throws IOException {
    for (String path : List.of("/", "/borders", "/api/status", "/metrics", "/console/console.js")) {
      String type =
          exchange("GET " + path)
              .lines()
              .filter(line -> line.startsWith("Content-Type:"))
              .findFirst()
              .orElseThrow();
      assertThat(exchange("HEAD " + path)).as(path).contains(type).endsWith("\r\n\r\n");
    }
    assertThat(exchange("HEAD /events")).contains("text/event-stream").endsWith("\r\n\r\n");
  }

  private String exchange(String request, String... headers) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", console.port())) {
      socket.setSoTimeout(20_000);
      String lines =
          "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%s\r\n"
              .formatted(
                  request,
                  console.port(),
                  Stream.of(headers).map(line -> line + "\r\n").collect(Collectors.joining()));
      socket.getOutputStream().write(lines.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void theReportIsServedFromItsFolderAndNothingElse() throws Exception {
    assertThat(get("/evaluation", "Accept-Language", "en").body())
        .doesNotContain("href=\"/report/#en\"");
    Path reports = Files.createDirectories(folder.resolve("report"));
    Files.writeString(reports.resolve("index.html"), "<h1>Report</h1>");
    Files.writeString(folder.resolve("secret.txt"), "secret");
    Files.createSymbolicLink(reports.resolve("link.txt"), folder.resolve("secret.txt"));
    report.set(Optional.of(reports));
    assertThat(get("/evaluation", "Accept-Language", "en").body()).contains("href=\"/report/#en\"");
    HttpResponse<String> answer = get("/report/");
    assertThat(answer.body()).isEqualTo("<h1>Report</h1>");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
    for (String path :
        List.of(
            "/report/link.txt",
            "/report/..%2fsecret.txt",
            "/report/%2e%2e/secret.txt",
            "/report/%00",
            "/report/" + folder.resolve("secret.txt"))) {
      HttpResponse<String> refused = get(path);
      assertThat(refused.statusCode()).as(path).isBetween(400, 404);
      assertThat(refused.body()).as(path).doesNotContain("secret\n").isNotEqualTo("secret");
    }
  }

  @Test
  void releasesAreShownWithTheirFilesDigestsAndState() throws Exception {
    Path release = ConsolePreview.release(folder.resolve("release/ko"));
    releases.set(
        List.of(
            ConsolePreview.shown("ko", release, ConsoleExtras.Verification.VERIFIED),
            ConsolePreview.shown(
                "gone", folder.resolve("gone"), ConsoleExtras.Verification.CHANGED)));
    String digest = Sha256.of(release.resolve("config.json"));
    String html = get("/release", "Accept-Language", "en").body();
    for (int i = 0; i < 100 && !html.contains(digest); i++) {
      Thread.sleep(20);
      html = get("/release", "Accept-Language", "en").body();
    }
    assertThat(html)
        .contains(digest, "ledger/ledger.jsonl", "5.4 MB", "signature and files are valid")
        .contains("do not use", "This folder cannot be read.")
        .contains("dure verify " + release);
  }

  @Test
  void aReleaseIsToldByItsLanguageSizeAndScoreAndItsDigestsAreFolded() throws Exception {
    Path release = ConsolePreview.release(folder.resolve("release/ko"));
    releases.set(
        List.of(
            ConsolePreview.shown("ko", release, ConsoleExtras.Verification.VERIFIED),
            ConsolePreview.shown("bad", release, ConsoleExtras.Verification.CHANGED),
            ConsolePreview.shown("old", release, ConsoleExtras.Verification.TAKEN_BACK)));
    String html = get("/release", "Accept-Language", "en").body();
    assertThat(html)
        .contains("<bdi lang=\"ko\">한국어</bdi>", "5.4 MB", "<b>1.360</b>", "(alone 1.390, −2.2%)")
        .contains("href=\"http://127.0.0.1:8400/?lang=en")
        .containsOnlyOnce("href=\"/release/ko/download\"")
        .contains("made from rounds that were taken back: do not use")
        .doesNotContain("/release/bad/download", "/release/old/download");
    assertThat(html.indexOf("<details class=\"more\"")).isLessThan(html.indexOf("SHA-256"));
  }

  @Test
  void aReleaseIsDownloadedWholeAsOneFile() throws Exception {
    Path release = ConsolePreview.release(folder.resolve("release/한 국"));
    releases.set(
        List.of(ConsolePreview.shown("한 국", release, ConsoleExtras.Verification.VERIFIED)));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(console.address()).resolve(ReleasePage.download("한 국")))
            .build();
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.headers().firstValue("Content-Disposition").orElseThrow())
        .isEqualTo("attachment; filename*=UTF-8''%ED%95%9C%20%EA%B5%AD.zip");
    Map<String, byte[]> files = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(answer.body())) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), zip.readAllBytes());
      }
    }
    assertThat(files.keySet())
        .containsExactly(
            "한 국/config.json",
            "한 국/evaluation.json",
            "한 국/ledger/ledger.jsonl",
            "한 국/manifest.cose",
            "한 국/model.safetensors");
    assertThat(files.get("한 국/model.safetensors"))
        .isEqualTo(Files.readAllBytes(release.resolve("model.safetensors")));
    assertThat(get("/release/none/download").statusCode()).isEqualTo(404);
    assertThat(get("/release/..%2f/download").statusCode()).isBetween(400, 404);
  }

  @Test
  void aCurveHasPointsBetweenTwoRounds() throws Exception {
    String html = get("/", "Accept-Language", "en").body();
    assertThat(html)
        .contains("class=\"curve within\"", "class=\"point within\"")
        .contains("Training bits per byte within rounds");
    String round = get("/rounds/1", "Accept-Language", "en").body();
    assertThat(round).contains("Training bits per byte").doesNotContain("1of4");
  }

  @Test
  void theResultIsTheFirstThingOnThePage() throws Exception {
    assertThat(get("/", "Accept-Language", "en").body())
        .contains("After round 3, together is ahead in ", "small sample of the held-out text")
        .doesNotContain("<figure class=\"result-chart\">");
    show(ConsoleSamples.waiting());
    assertThat(get("/", "Accept-Language", "en").body()).doesNotContain("class=\"result\"");
    show(ConsoleSamples.finished());
    for (String page : List.of("/", "/evaluation")) {
      String html = get(page, "Accept-Language", "en").body();
      assertThat(html)
          .contains(
              "Training together saves 0.9% of the bits, on the mean of 4. Better in 2 of 4"
                  + " languages: Korean −2.2%, Japanese −3.9%. Worse in 1: Vietnamese +3.3%. No clear"
                  + " difference in 1: French −0.7%.")
          .contains("<svg class=\"difference\"");
      assertThat(html.indexOf("class=\"result\"")).isLessThan(html.indexOf("<table"));
    }
  }

  @Test
  void everyRoundOfACurveTellsItsNumbersAndTheCurveUsesItsHeight() throws Exception {
    show(ConsoleSamples.training(12, 0));
    String html = get("/", "Accept-Language", "en").body();
    assertThat(html).contains("<title>Round 12: together 1.", ", difference −0.0");
    // The first round is far above what the axis shows: the curve comes in from its edge.
    String curve = html.substring(html.indexOf("<path class=\"curve main\" d=\"M") + 28);
    assertThat(curve).doesNotStartWith("M42.0");
    assertThat(html).contains("bits per byte", "difference: below 0, together is better");
  }

  @Test
  void whatARegionThatIsAwayLastSaidIsNoNews() throws Exception {
    show(
        ConsoleSamples.regions(
            ConsoleSamples.training(6, 3),
            r ->
                ConsoleSamples.region(
                    r.name(),
                    r.language(),
                    RegionState.ABSENT,
                    1,
                    1,
                    ActivityKind.TRAINING,
                    3,
                    10,
                    7,
                    1,
                    1,
                    1,
                    Map.of())));
    assertThat(get("/", "Accept-Language", "en").body())
        .contains("no contact; it may return")
        .doesNotContain("training at home");
  }

  @Test
  void roundsAreListedNewestFirstAndInPages() throws Exception {
    show(ConsoleSamples.training(120, 0));
    String html = get("/rounds", "Accept-Language", "en").body();
    assertThat(html.indexOf("/rounds/121\""))
        .isPositive()
        .isLessThan(html.indexOf("/rounds/120\""));
    assertThat(html).doesNotContain("/rounds/21\"").contains("/rounds?before=22");
    assertThat(get("/rounds?before=22").body()).contains("/rounds/21\"", "/rounds/1\"");
    assertThat(get("/rounds?before=x'%3E").statusCode()).isEqualTo(200);
  }

  @Test
  void aRoundShowsEachContributionWithItsPartInTheMerge() throws Exception {
    assertThat(get("/rounds/2", "Accept-Language", "en").body())
        .contains("Contributions to round 2", "20,480", "25%", "Cosine to the merge")
        .contains("href=\"/rounds/1\"", "href=\"/rounds/3\"")
        .contains("+0.5");
    assertThat(get("/rounds/4", "Accept-Language", "en").body()).contains("still open", "not yet");
  }

  @Test
  void aHubThatCannotTellItsStatusGivesItsErrorAndComesBack() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    console.close();
    console =
        Console.start(
            () -> {
              if (asked.getAndIncrement() == 0) {
                throw new DureException(ErrorCode.INPUT_UNREADABLE, "cannot read <log>");
              }
              return status.get();
            },
            ConsoleExtras.none(),
            "127.0.0.1",
            0);
    HttpResponse<String> failed = get("/");
    assertThat(failed.statusCode()).isEqualTo(503);
    assertThat(failed.body()).contains("cannot read &lt;log&gt;");
    assertThat(get("/").statusCode()).isEqualTo(200);
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    assertThatThrownBy(
            () -> Console.start(status::get, ConsoleExtras.none(), "127.0.0.1", console.port()))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PORT_TAKEN))
        .hasMessageContaining(String.valueOf(console.port()));
  }

  @Test
  void closingFreesThePort() {
    int port = console.port();
    console.close();
    console = Console.start(status::get, ConsoleExtras.none(), "127.0.0.1", port);
    assertThat(console.port()).isEqualTo(port);
  }
}
