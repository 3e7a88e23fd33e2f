package org.dure.app.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.dure.app.SmallText;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.workload.PretrainingConfig;
import org.dure.core.LanguageProfile;
import org.dure.core.Settings;
import org.dure.corpus.CorpusBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeakAuditTest {
  private static final String STUDY =
      """
      name = "audited"
      rounds = 2
      steps = 2
      regions.one.language = "ja"
      tokenizer.vocabulary = 1024
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 64
      training.length = 64
      training.batch = 2
      """;

  /// Nothing of the kind is for use: it lets everything leave, so that an audit has what to find.
  private static final String NO_FLOOR =
      """
      counts.at-least-occurrences = 1
      counts.at-least-documents = 1
      counts.most-characters = 64
      """;

  @TempDir Path folder;

  private LeakReport audit(String language, String sharing, String policy) throws IOException {
    RegionLayout region = new RegionLayout(folder.resolve("region"));
    if (!Files.exists(region.corpus())) {
      Path text = SmallText.write(folder.resolve("text"), language, 200);
      var unused = CorpusBuilder.build(LanguageProfile.of(language), text, region.corpus(), 0.1);
    }
    Settings settings = Settings.parse("study", STUDY);
    settings.set("sharing=" + sharing);
    for (String key : new String[] {"threshold=1", "documents=1", "characters=64"}) {
      settings.set("tokenizer.count-" + key);
    }
    SitePolicy site = SitePolicy.parse("policy", policy);
    Path scratch = Files.createTempDirectory(folder, "scratch");
    return new LeakAudit(region, "one", PretrainingConfig.of(settings), site, 3, 2)
        .run(scratch, step -> {});
  }

  /// The study itself asks for everything: the site's floor is what holds.
  @ParameterizedTest
  @ValueSource(strings = {"ja", "ko"})
  void theFloorFindsNoneAndWithoutItAllAreFound(String language) throws IOException {
    LeakReport safe = audit(language, "all", "");
    assertThat(safe.found()).isZero();
    assertThat(safe.crossing()).isPositive();
    assertThat(safe.released()).isPositive();

    LeakReport open = audit(language, "all", NO_FLOOR);
    assertThat(open.groups())
        .hasSize(3)
        .allSatisfy(group -> assertThat(group.inCounts()).isEqualTo(group.canaries()));
    assertThat(open.found()).isEqualTo(open.canaries());

    Path file = folder.resolve("audit.json");
    open.write(file);
    assertThat(LeakReport.read(file)).isEqualTo(open);
  }

  /// A tokenizer learns by heart what is repeated, and leaves with the release.
  @Test
  void whereNoCountsLeaveTheReleasesVocabularyIsHeldToTheFloorToo() throws IOException {
    assertThat(audit("ja", "body", "").found()).isZero();
    LeakReport open = audit("ja", "body", NO_FLOOR);
    assertThat(open.groups()).allSatisfy(group -> assertThat(group.inCounts()).isZero());
    assertThat(open.groups().getLast().inRelease()).isPositive();
  }

  @Test
  void bytesAreSearchedInEveryFormThatTextTakes() {
    ByteSearch search = new ByteSearch(Map.of("患者番号は四", "one", "secretword", "two"));
    assertThat(search.in("……患者番号は四七".getBytes(UTF_8))).isEqualTo(Set.of("one"));
    assertThat(search.in("xsecretwordx".getBytes(UTF_8))).isEqualTo(Set.of("two"));
    assertThat(search.in("\\u60a3\\u8005\\u756a\\u53f7\\u306f\\u56db".getBytes(UTF_8)))
        .isEqualTo(Set.of("one"));
    assertThat(search.in("secretwor".getBytes(UTF_8))).isEmpty();
    assertThat(search.in(new byte[0])).isEmpty();
  }
}
