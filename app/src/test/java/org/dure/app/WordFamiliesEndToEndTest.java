package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.app.home.RegionLayout;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.dure.corpus.CorpusBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Institutions of two languages share their whole models, words included, each with those of its
/// own language alone.
@Tag("e2e")
class WordFamiliesEndToEndTest {
  private static final String STUDY =
      """
      name = "families"
      sharing = "all"
      circles = ["language"]
      rounds = 2
      steps = 2
      regions.ja-1.language = "ja"
      regions.ja-2.language = "ja"
      regions.vi-1.language = "vi"
      regions.vi-2.language = "vi"
      tokenizer.vocabulary = 512
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 2
      evaluation.twin = false
      """;

  @TempDir Path folder;

  /// All of one language, but not the same.
  private void corpus(RealBelt belt, String region, int paragraphs) throws IOException {
    String language = region.substring(0, 2);
    Path text = SmallText.write(folder.resolve("text-" + region), language, paragraphs);
    var unused =
        CorpusBuilder.build(
            LanguageProfile.of(language), text, new RegionLayout(belt.home(region)).corpus(), 0.1);
  }

  private static String digest(RealBelt belt, String region, String file) {
    RegionLayout home = new RegionLayout(belt.home(region));
    return Sha256.of(
        file.equals("tokenizer.json")
            ? home.tokenizer().resolve(file)
            : home.model().resolve(file));
  }

  @Test
  void eachLanguageHasATokenizerAndAModelOfItsOwn() throws Exception {
    List<String> regions = List.of("ja-1", "ja-2", "vi-1", "vi-2");
    try (RealBelt belt = new RealBelt(folder, STUDY, List.of(), Map.of())) {
      for (String region : regions) {
        corpus(belt, region, region.endsWith("1") ? 200 : 300);
      }
      belt.hub();
      for (String region : regions) {
        belt.region(region);
      }
      Path ledger = belt.awaitLedger();
      assertThat(belt.awaitEnd("ja-1", "ja-2")).isNotEqualTo(belt.awaitEnd("vi-1", "vi-2"));
      for (String file : List.of("tokenizer.json", "model.safetensors")) {
        assertThat(digest(belt, "ja-1", file))
            .as(file)
            .isEqualTo(digest(belt, "ja-2", file))
            .isNotEqualTo(digest(belt, "vi-1", file));
        assertThat(digest(belt, "vi-1", file)).as(file).isEqualTo(digest(belt, "vi-2", file));
      }
      RegionLayout home = new RegionLayout(belt.home("vi-2"));
      DureProcess.Outcome released =
          DureProcess.run(
              folder,
              "release",
              "--name=vi-2",
              "--model=" + home.model(),
              "--evaluation=" + home.evaluation(),
              "--corpus=" + home.corpus(),
              "--ledger=" + ledger,
              "--key=" + folder.resolve("key.pem"),
              "--out=release");
      assertThat(released.status()).as(released.output()).isZero();
      assertThat(folder.resolve("release").resolve("README.md"))
          .content()
          .contains("circle `language:vi`");
    }
  }
}
