package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `etc/list-skipped`, which `./check` ends with, on made-up reports.
class SkippedTestsTest {
  @TempDir Path folder;

  private Path reports;
  private Path tests;

  @BeforeEach
  void aModule() throws IOException {
    reports = Files.createDirectories(folder.resolve("module/target/surefire-reports"));
    tests = Files.createDirectories(folder.resolve("module/src/test/java/org/dure"));
  }

  private void report(String type, String cases) throws IOException {
    Files.writeString(
        reports.resolve("TEST-org.dure.%s.xml".formatted(type)),
        "<testsuite name=\"org.dure.%s\">\n%s\n</testsuite>\n".formatted(type, cases));
    source(type, "class " + type);
  }

  private void source(String type, String declaration) throws IOException {
    Files.writeString(
        tests.resolve(type + ".java"), declaration + " {\n  @Test\n  void itWorks() {}\n}\n");
  }

  private DureProcess.Outcome list(String... options) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            "bash", DureProcess.COMMAND.resolveSibling("etc/list-skipped").toString());
    builder.command().addAll(List.of(options));
    builder.command().add("module/target/surefire-reports");
    Process process = builder.directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new DureProcess.Outcome(process.waitFor(), output);
  }

  @Test
  void whereEverythingRanNothingIsListed() throws Exception {
    report("WholeTest", "<testcase name=\"a\" classname=\"org.dure.WholeTest\" time=\"0.1\"/>");
    assertThat(list("--all")).isEqualTo(new DureProcess.Outcome(0, ""));
  }

  @Test
  void everySkippedTestIsListedWithItsReason() throws Exception {
    report(
        "DiskTest",
        """
        <testcase name="isFull" classname="org.dure.DiskTest" time="0.1">
          <skipped message="Assumption failed: skipped: no &lt;tmpfs&gt; &amp; no &quot;root&quot;"/>
        </testcase>
        <testcase name="isThere" classname="org.dure.DiskTest" time="0.2"/>
        <testcase name="isGone" classname="org.dure.DiskTest" time="0.1">
          <skipped/>
        </testcase>
        """);
    assertThat(list())
        .isEqualTo(
            new DureProcess.Outcome(
                1,
                """
                org.dure.DiskTest.isFull: no <tmpfs> & no "root"
                org.dure.DiskTest.isGone: no reason given
                """));
  }

  @Test
  void aClassThatWasSkippedAsAWholeIsListed() throws Exception {
    report("EmptyTest", "");
    report("WholeTest", "<testcase name=\"a\" classname=\"org.dure.WholeTest\" time=\"0.1\"/>");
    report("ZeroTest", "");
    assertThat(list().output().lines())
        .hasSize(2)
        .allMatch(line -> line.matches("org.dure.(Empty|Zero)Test: skipped as a whole, .*"));
  }

  @Test
  void aClassWithTestsThatNothingRanIsListed() throws Exception {
    report("WholeTest", "<testcase name=\"a\" classname=\"org.dure.WholeTest\" time=\"0.1\"/>");
    source("StoreContract", "abstract class StoreContract");
    source("FarTest", "@Tag(\"moon\")\nfinal class FarTest");
    assertThat(list().status()).isZero();
    assertThat(list("--all"))
        .isEqualTo(new DureProcess.Outcome(1, "org.dure.FarTest: nothing ran it\n"));
  }
}
