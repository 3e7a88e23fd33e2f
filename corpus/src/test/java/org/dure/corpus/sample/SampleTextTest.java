package org.dure.corpus.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Extent;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs against a shell script that behaves as apt-get does.
class SampleTextTest {
  @TempDir Path folder;
  private Path cache;
  private Path out;
  private Path store;
  private final List<String> messages = new ArrayList<>();
  private final List<Double> shares = new ArrayList<>();
  private final SampleText.Listener listener =
      new SampleText.Listener() {
        @Override
        public void message(String text) {
          messages.add(text);
        }

        @Override
        public synchronized void progress(String step, double share) {
          shares.add(share);
        }
      };

  @BeforeEach
  void packages() throws IOException {
    cache = folder.resolve("cache");
    out = folder.resolve("out");
    store = Files.createDirectory(folder.resolve("store"));
    store("ko", TinyPackage.help("ko", 4, "한국어 문단입니다"));
    store("fr", TinyPackage.help("fr", 3, "Un paragraphe est dans la page"));
  }

  private void store(String language, TinyPackage tiny) throws IOException {
    Files.write(
        store.resolve("libreoffice-help-%s_4%%3a7.4.7-1_all.deb".formatted(language)),
        tiny.bytes(".xz"));
  }

  /// @param lists `system` if the system's lists do, `private` if only private ones do, `none`
  private String apt(String lists) throws IOException {
    Path script = folder.resolve("apt-get");
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo "$@" >> %1$s/calls
        while [ $# -gt 0 ]; do
          case "$1" in
            -c) conf=$2; shift 2;;
            -o) shift 2;;
            -*) shift;;
            *) break;;
          esac
        done
        own=no; grep -q '^Dir::State::Lists' "$conf" && own=yes
        verb=$1; shift
        if [ $verb = update ]; then
          [ $own = yes ] || exit 1
          [ -e %1$s/offline ] && { echo "W: Could not resolve host" >&2; exit 0; }
          touch %1$s/updated; exit 0
        fi
        case %2$s in
          none) ok=no;;
          system) ok=yes;;
          private) [ $own = yes ] && [ -e %1$s/updated ] && ok=yes || ok=no;;
        esac
        [ $ok = yes ] || { echo "E: Unable to locate package $1" >&2; exit 100; }
        for p; do
          echo "dlstatus:1:50.0:Retrieving file"
          cp %1$s/store/${p}_* . || { echo "E: Unable to locate package $p" >&2; exit 100; }
        done
        """
            .formatted(folder, lists),
        StandardCharsets.UTF_8);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script.toString();
  }

  private SampleReport obtain(String program, String... languages) {
    return SampleText.obtain(List.of(languages), AptPackages.of(cache, program, listener), out);
  }

  private long calls() throws IOException {
    Path calls = folder.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  private void assertUnavailable(String part, String program, String... languages) {
    assertThatThrownBy(() -> obtain(program, languages))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TEXT_UNAVAILABLE))
        .hasMessageContaining(part)
        .hasMessageContaining("--text ko=DIR");
    assertThat(out).doesNotExist();
  }

  @Test
  void paragraphsComeWithSourceAndLicence() throws IOException {
    SampleReport report = obtain(apt("system"), "ko", "fr");

    assertThat(report.sharedIds()).isEqualTo(9);
    assertThat(report.languages().getFirst().paragraphs()).isEqualTo(12);
    assertThat(report.languages().getFirst().version()).isEqualTo("4:7.4.7-1");
    List<String> lines = Files.readAllLines(out.resolve("ko/text.jsonl"));
    assertThat(Json.read(lines.get(1), SampleText.Paragraph.class))
        .isEqualTo(
            new SampleText.Paragraph(
                "scalc/0.html#par_id1",
                "한국어 문단입니다 0.1",
                "libreoffice-help-ko 4:7.4.7-1 usr/share/libreoffice/help/ko/text/scalc/0.html",
                "MPL-2.0"));
    assertThat(out.resolve("ko/LICENCES/libreoffice-help-ko.copyright"))
        .hasContent("License: MPL-2.0");
    SampleText.LicenceRecord record =
        Json.read(out.resolve("ko/LICENCES/record.json"), SampleText.LicenceRecord.class);
    assertThat(record.documents()).isEqualTo(12);
    assertThat(shares).contains(0.5, 1.0);
  }

  @Test
  void theTextIsInputForACorpusAndItsLicencesAreNot() throws IOException {
    obtain(apt("system"), "ko");

    CorpusReport.Figures figures =
        CorpusBuilder.build(
                LanguageProfile.of("ko"), out.resolve("ko"), folder.resolve("corpus"), 0.1)
            .figures();

    assertThat(figures.input().read()).isEqualTo(12);
    assertThat(figures.licences()).containsOnlyKeys("MPL-2.0");
  }

  @Test
  void whatIsCachedNeedsNoNetwork() throws IOException {
    String program = apt("system");
    obtain(program, "ko", "fr");
    Files.createFile(folder.resolve("offline"));
    long before = calls();

    SampleReport again = obtain(program, "ko", "fr");

    assertThat(calls()).isEqualTo(before);
    assertThat(again.languages()).allMatch(SampleReport.Language::upToDate);
  }

  @Test
  void aCorruptCacheIsDownloadedAgainAndSaidSo() throws IOException {
    String program = apt("system");
    obtain(program, "ko", "fr");
    Path file = cache.resolve("packages/libreoffice-help-ko.deb");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, new byte[] {1, 2, 3});

    obtain(program, "ko", "fr");

    assertThat(messages).anyMatch(m -> m.contains("libreoffice-help-ko.deb is not what was"));
    assertThat(file).hasBinaryContent(whole);
    Files.writeString(cache.resolve("packages.json"), "{broken");
    obtain(program, "ko", "fr");
    assertThat(messages).anyMatch(m -> m.contains("packages.json is damaged"));
  }

  @Test
  void privateListsAreMadeWhereTheSystemsDoNotDo() throws IOException {
    obtain(apt("private"), "ko");

    assertThat(out.resolve("ko/text.jsonl")).exists();
    assertThat(messages).anyMatch(m -> m.contains("private"));
    assertThat(Files.readString(cache.resolve("apt/private.conf")))
        .contains("Dir::State::Lists \"" + cache.resolve("apt/state/lists"));
    try (var files = Files.list(cache)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .noneMatch(name -> name.startsWith("downloading-"));
    }
  }

  @Test
  void withoutNetworkOrAptTheErrorSaysWhatToDo() throws IOException {
    String program = apt("none");
    assertUnavailable("Unable to locate package", program, "ko");
    Files.createFile(folder.resolve("offline"));
    assertUnavailable("Could not resolve host", program, "ko");
    assertUnavailable("there is no", folder.resolve("nowhere").toString(), "ko");
    assertThat(cache.resolve("packages.json")).doesNotExist();
  }

  @Test
  void aPackageOfAnotherNameIsRefused() throws IOException {
    store("ko", TinyPackage.help("ja", 1, "x"));
    String program = apt("system");

    assertThatThrownBy(() -> obtain(program, "ko"))
        .hasMessageContaining("says that it is libreoffice-help-ja: expected libreoffice-help-ko");
    assertThat(cache.resolve("packages.json")).doesNotExist();
  }

  @Test
  void aPackageWithoutPagesIsRefused() throws IOException {
    store("ko", new TinyPackage("libreoffice-help-ko").file("./readme", "x"));
    String program = apt("system");

    assertThatThrownBy(() -> obtain(program, "ko")).hasMessageContaining("no help paragraphs");
    assertThat(out.resolve("ko")).doesNotExist();
  }

  @Test
  void aLanguageThatIsNoCodeIsRefused() {
    assertThatThrownBy(() -> obtain("apt-get", "../ko"))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LANGUAGE_UNKNOWN));
  }

  @Test
  void paragraphsAreThoseOfTheDisplayAreaOnce() {
    List<HelpPages.Paragraph> paragraphs =
        HelpPages.paragraphs(
            """
            <html><body><header><p id="par_head">menu</p></header>
            <div id="DisplayArea">
              <h1 id="hd_id1">Title</h1><h2 id="par_id0">Heading as text</h2>
              <p id="par_id1" class="paragraph">The <b>first</b>
                 one.</p>
              <p id="par_id1">embedded again</p>
              <p id="par_id2" class="code">=SUM(A1)</p>
              <p id="par_id3"><img src="x"></p>
              <p>no id</p>
              <p id="par_id4">Press <span class="switchinline"><span hidden="true" class="MAC"
                 id="MACx">Command</span><span hidden="true" id="defaultx">Ctrl</span></span>+F</p>
              <div class="note"><p id="par_id5">A note.</p></div>
            </div>
            <footer><p id="bm_module"></p></footer></body></html>
            """);

    assertThat(paragraphs)
        .containsExactly(
            new HelpPages.Paragraph("par_id0", "Heading as text"),
            new HelpPages.Paragraph("par_id1", "The first one."),
            new HelpPages.Paragraph("par_id4", "Press Ctrl+F"),
            new HelpPages.Paragraph("par_id5", "A note."));
    assertThat(HelpPages.paragraphs("<p id=par_1>no display area</p>")).isEmpty();
  }

  @Test
  @Tag("network")
  void theRealPackagesHoldParallelText() {
    SampleReport report = realPackages();

    assertThat(report.sharedIds()).isGreaterThan(20_000);
    assertThat(report.languages()).allMatch(language -> language.paragraphs() > 20_000);
  }

  private SampleReport realPackages() {
    try {
      return SampleText.obtain(
          Extent.of(List.of("ko", "vi"), List.of("ko", "ja", "fr", "vi")),
          cache,
          out,
          SampleText.Listener.console());
    } catch (DureException e) {
      assumeFalse(e.code() == ErrorCode.TEXT_UNAVAILABLE, "skipped: " + e.getMessage());
      throw e;
    }
  }
}
