package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Settings;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.StoredPart;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedTokenizerTest {
  private static final int VOCABULARY = 400;

  @TempDir Path folder;

  private StoredPart part(byte[] bytes, ArtifactStore store) {
    FragmentWriter writer = new FragmentWriter(50, store);
    writer.write(bytes);
    return new StoredPart(writer.finish(), store);
  }

  @Test
  void theTokenizerIsThatOfAllCountsInTheOrderOfTheirRegions() throws Exception {
    WordCounts ko = WordCounts.count(List.of("두레 두레 학교 학교에서 함께 함께 배운다"));
    WordCounts vi = WordCounts.count(List.of("trường học cùng học cùng nhau học nữa"));
    ArtifactStore store = new FolderArtifactStore(folder.resolve("hub"));
    TreeMap<String, CommonPreparation.Part> parts = new TreeMap<>();
    parts.put("ko", part(ko.bytes(), store));
    parts.put("vi", part(vi.bytes(), store));
    SharedTokenizer shared = new SharedTokenizer(VOCABULARY, folder.resolve("scratch"));
    parts.values().forEach(shared::check);
    FragmentWriter common = new FragmentWriter(1_000, store);
    shared.prepare(parts, common);
    FragmentList list = common.finish();
    Tokenizer tokenizer =
        Tokenizer.read(Files.write(folder.resolve("tokenizer.json"), Fragments.bytes(list, store)));
    assertThat(tokenizer.encode("두레")).hasSizeLessThan(3);
    assertThat(tokenizer.encode(" học")).hasSize(1);
    parts.remove("vi");
    FragmentWriter alone = new FragmentWriter(1_000, store);
    shared.prepare(parts, alone);
    assertThat(Fragments.bytes(alone.finish(), store))
        .isEqualTo(TokenizerTrainer.train(ko, VOCABULARY).json());
    assertThat(folder.resolve("scratch")).isEmptyDirectory();
  }

  @Test
  void whatIsNoWordCountsIsRefused() {
    ArtifactStore store = new FolderArtifactStore(folder);
    SharedTokenizer shared = new SharedTokenizer(VOCABULARY, folder.resolve("scratch"));
    byte[] text =
        "plain text, long enough to have a header ".repeat(3).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> shared.check(part(text, store)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("DUREWCNT");
  }

  @Test
  void aVocabularyThatTheHubCannotLearnIsAConfigurationProblem() throws Exception {
    Path study = folder.resolve("study.toml");
    Files.writeString(
        study,
        """
        name = "large"
        sharing = "all"
        tokenizer.vocabulary = 300000
        [regions]
        ko = "ko"
        """);
    assertThatThrownBy(() -> PretrainingConfig.of(Settings.of(study)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("at most 262144");
  }
}
