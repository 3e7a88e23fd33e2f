package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusIdentityTest {
  @TempDir Path folder;

  private Path corpus;

  @BeforeEach
  void build() throws IOException {
    corpus = build("corpus", "le paysan donne un livre");
  }

  private Path build(String name, String text) throws IOException {
    StringBuilder paragraphs = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      paragraphs.append(text).append(" dans le champ numéro ").append(i).append(".\n\n");
    }
    Path in = Files.createDirectories(folder.resolve(name + "-text"));
    Files.writeString(in.resolve("text.txt"), paragraphs);
    Path out = folder.resolve(name);
    var unused = CorpusBuilder.build(LanguageProfile.of("fr"), in, out, 0.3);
    return out;
  }

  @Test
  void itNamesLanguageProfileAndHeldOutText() throws IOException {
    CorpusIdentity identity = CorpusIdentity.of(corpus);
    assertThat(identity.language()).isEqualTo("fr");
    assertThat(identity.profile()).isEqualTo(Sha256.of(Json.bytes(LanguageProfile.of("fr"))));
    try (Documents heldOut = Documents.heldOut(corpus)) {
      assertThat(identity.heldOut()).isEqualTo(heldOut.digest());
    }
    assertThat(identity.licences()).containsEntry("unknown", 40L);
    CorpusIdentity other = CorpusIdentity.of(build("other", "la mère garde une fleur"));
    assertThat(other.profile()).isEqualTo(identity.profile());
    assertThat(other.heldOut()).isNotEqualTo(identity.heldOut());
  }

  @Test
  void licencesAndProfilesThatWereEditedByHandAreFound() throws IOException {
    for (String name : new String[] {"report.json", "config.toml"}) {
      Path file = corpus.resolve(name);
      String whole = Files.readString(file);
      Files.writeString(file, whole + "\n");
      assertThatThrownBy(() -> CorpusIdentity.of(corpus))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
          .hasMessageContaining(name);
      Files.writeString(file, whole);
    }
    assertThatThrownBy(() -> CorpusIdentity.of(folder))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING));
  }
}
