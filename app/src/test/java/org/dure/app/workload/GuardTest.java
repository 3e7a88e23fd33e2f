package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dure.app.workload.Guard.Origin;
import org.dure.core.AtomicFiles;
import org.dure.core.Named;
import org.dure.evaluation.Released;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardTest {
  @TempDir Path folder;

  @Test
  void evaluationsKnowEveryOrigin() {
    assertThat(Named.words(Origin.class)).isEqualTo(Released.ORIGINS);
  }

  @Test
  void theBestIsChosenAndTheBeltWhereNothingIsClearlyBetter() {
    assertThat(Guard.best(Map.of(Origin.BELT, 1.0, Origin.OWN, 0.9995, Origin.TWIN, 1.2)))
        .isEqualTo(Origin.BELT);
    assertThat(Guard.best(Map.of(Origin.BELT, 1.0, Origin.OWN, 0.99, Origin.TWIN, 0.98)))
        .isEqualTo(Origin.TWIN);
    assertThat(Guard.best(Map.of(Origin.BELT, 1.0))).isEqualTo(Origin.BELT);
  }

  @Test
  void whatIsNoNumberIsNotChosen() {
    assertThat(Guard.best(Map.of(Origin.BELT, 1.0, Origin.OWN, Double.NaN))).isEqualTo(Origin.BELT);
    assertThat(Guard.best(Map.of(Origin.BELT, Double.NaN, Origin.OWN, 5.0))).isEqualTo(Origin.OWN);
    assertThat(Guard.best(Map.of(Origin.BELT, Double.POSITIVE_INFINITY, Origin.TWIN, 5.0)))
        .isEqualTo(Origin.TWIN);
    assertThat(Guard.best(Map.of(Origin.BELT, Double.NaN, Origin.OWN, Double.NaN)))
        .isEqualTo(Origin.BELT);
  }

  @Test
  void aMergeIsRuinousIfItCostsHalfAsManyBitsMoreOrIsNoNumber() {
    assertThat(Guard.isRuined(1.5, 1.0)).isFalse();
    assertThat(Guard.isRuined(1.51, 1.0)).isTrue();
    assertThat(Guard.isRuined(Double.NaN, 1.0)).isTrue();
    assertThat(Guard.isRuined(Double.NaN, Double.NaN)).isFalse();
    assertThat(Guard.isRuined(9, Double.POSITIVE_INFINITY)).isFalse();
  }

  @Test
  void aTwinIsKeptAsItWasWhenItWasBestWhateverIsDoneAgain() throws IOException {
    EarlyStop stop = new EarlyStop(folder.resolve("best"), "study");
    List<Long> kept = new ArrayList<>();
    double[] values = {2.0, 1.5, 1.5, 1.7};
    for (int i = 0; i < values.length; i++) {
      long step = 10L * i;
      stop.offer(
          step,
          values[i],
          part -> {
            kept.add(step);
            AtomicFiles.write(part.resolve("weights"), "after " + step);
          });
    }
    assertThat(kept).containsExactly(0L, 10L);
    assertThat(stop.best(30)).contains(new EarlyStop.Best("study", 10, 1.5));
    assertThat(stop.best(9)).isEmpty();
    assertThat(Files.readString(stop.folder().resolve("weights"))).isEqualTo("after 10");
    assertThat(new EarlyStop(folder.resolve("best"), "another").best(30)).isEmpty();
  }
}
