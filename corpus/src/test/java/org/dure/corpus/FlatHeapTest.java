package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dure.core.Document;
import org.dure.core.Extent;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.dure.corpus.read.InputLimits;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process with a heap of 24 MiB builds, packs and reads a corpus of 60 MB in 600,000 documents:
/// one number kept of each, or each held-out text, would not fit.
@Tag("e2e")
class FlatHeapTest {
  private static final int DOCUMENTS = Extent.of(300_000, 600_000);

  @TempDir Path folder;

  /// What the process does.
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      Path folder = Path.of(arguments[0]);
      Path corpus = folder.resolve("corpus");
      CorpusReport report =
          CorpusBuilder.build(
              LanguageProfile.of("fr"),
              folder.resolve("in"),
              corpus,
              0.5,
              CorpusBuilder.Purpose.TRAINING,
              new CorpusBuilder.Means(
                  2, InputLimits.STANDARD, new DigestTable.Size(1 << 14, 1 << 22)));
      Packer.Encoding lengths =
          new Packer.Encoding(Sha256.of(new byte[0]), 1, 2, text -> new int[] {3 + text.length()});
      PackReport packed = Packer.pack(corpus, lengths, folder.resolve("packed"), 1 << 20);
      long heldOut = 0;
      try (Documents dev = Documents.dev(corpus).orElseThrow();
          Documents test = Documents.heldOut(corpus)) {
        for (Documents part : List.of(dev, test)) {
          for (Document document : part) {
            heldOut += document.text().isEmpty() ? 0 : 1;
          }
        }
      }
      System.out.printf(
          "%d %d %d %d%n",
          report.figures().input().read(),
          report.figures().droppedDocuments(),
          packed.figures().documents(),
          heldOut);
    }
  }

  @Test
  void aCorpusOfManyTimesTheHeapIsBuiltAndPacked() throws Exception {
    text();
    Path output = folder.resolve("output");

    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx24m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = child.waitFor();

    List<String> lines = Files.readAllLines(output);
    assertThat(status).as("%s", lines).isZero();
    long[] counted =
        List.of(lines.getLast().split(" ")).stream().mapToLong(Long::parseLong).toArray();
    assertThat(counted[0]).isEqualTo(DOCUMENTS);
    assertThat(counted[1]).isEqualTo(DOCUMENTS / 10);
    assertThat(counted[2] + counted[3]).isEqualTo(DOCUMENTS / 10 * 9);
  }

  /// Every tenth paragraph is one that stood half the text before.
  private void text() throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    try (BufferedWriter out =
        Files.newBufferedWriter(in.resolve("text.txt"), StandardCharsets.UTF_8)) {
      for (int i = 0; i < DOCUMENTS; i++) {
        boolean again = i % 10 == 9;
        int number = again ? (i < DOCUMENTS / 2 ? 1 : i - DOCUMENTS / 2 - 1) : i;
        out.write("La phrase numéro " + number + " est dans le texte, et le texte est dans ");
        out.write("la bibliothèque pour les lecteurs.\n");
      }
    }
  }
}
