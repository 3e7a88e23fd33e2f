package org.dure.app.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.Sha256;
import org.dure.federation.hub.Ledger;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;
import org.dure.provenance.ReleaseManifest;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  private static final String HEAD = Sha256.of(new byte[] {1});

  private static Ledger.Verified ledger(int rounds, boolean finished) {
    Study study = Study.recorded("name = \"s\"\nrounds = 20\nregions.ko.language = \"ko\"\n");
    return new Ledger.Verified(
        study,
        study.digest(),
        new Ledger.Merges(rounds, rounds, rounds, TakenBack.NONE),
        finished,
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        9,
        HEAD);
  }

  private static ReleaseManifest signed(Map<String, String> information) {
    return new ReleaseManifest("ko", "ko", Instant.EPOCH, new TreeMap<>(information), List.of());
  }

  @Test
  void aLedgerThatWasCutOffBeforeTheScoresIsSaidToBe() {
    assertThat(Claims.unfinished(ledger(20, false)))
        .hasValueSatisfying(
            said -> assertThat(said).contains("after round 20 of 20", "could not be compared"));
    assertThat(Claims.unfinished(ledger(7, false)).orElseThrow()).contains("after round 7 of 20");
    assertThat(Claims.unfinished(ledger(20, true))).isEmpty();
  }

  @Test
  void aLedgerIsTheOneThatWasSignedForOrItIsRefused() {
    Ledger.Verified found = ledger(20, true);
    Path file = Path.of("ledger");
    Claims.checkSigned(signed(Map.of()), found, file);
    Claims.checkSigned(signed(Map.of("ledger", HEAD, "study", found.digest())), found, file);
    assertThatThrownBy(() -> Claims.checkSigned(signed(Map.of("ledger", Sha256.NONE)), found, file))
        .hasMessageContainingAll("ledger: signed as " + Sha256.NONE, "found " + HEAD);
    assertThatThrownBy(() -> Claims.checkSigned(signed(Map.of("study", HEAD)), found, file))
        .hasMessageContaining("study: signed as " + HEAD);
  }

  @Test
  void aLicenceSaysNothingInTheCardButItself() {
    assertThat(ModelCard.plain("MIT")).isEqualTo("MIT");
    assertThat(ModelCard.plain("C:\\dir")).isEqualTo("C\\:\\\\dir");
    assertThat(ModelCard.plain("\\*not bold\\*")).isEqualTo("\\\\\\*not bold\\\\\\*");
    assertThat(ModelCard.plain("`x` | [a](b) <b> # _u_ ~s~"))
        .isEqualTo("\\`x\\` \\| \\[a\\](b) \\<b\\> \\# \\_u\\_ \\~s\\~");
    assertThat(ModelCard.plain("a\n\n# b\u202e\u2028c")).isEqualTo("a  \\# b  c");
    assertThat(ModelCard.plain("x".repeat(300))).hasSize(201);
  }
}
