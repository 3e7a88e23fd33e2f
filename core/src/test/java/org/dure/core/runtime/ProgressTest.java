package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong();

  private Progress progress(boolean terminal) {
    return new Progress(
        "training",
        "steps",
        100,
        new PrintStream(bytes, true, StandardCharsets.UTF_8),
        terminal,
        nanos::get);
  }

  private String written() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aPlainStreamGetsOneLineEveryTenSeconds() {
    Progress progress = progress(false);
    for (int second = 1; second <= 25; second++) {
      nanos.set(second * 1_000_000_000L);
      progress.update(2L * second, "loss 3.1");
    }
    progress.close();
    assertThat(written().lines())
        .containsExactly(
            "training: 20 of 100 steps (20 %), 2.0/s, 40 s left, loss 3.1",
            "training: 40 of 100 steps (40 %), 2.0/s, 30 s left, loss 3.1",
            "training: 50 steps in 25 s");
  }

  @Test
  void aTerminalGetsOneRedrawnLine() {
    Progress progress = progress(true);
    nanos.set(1_000_000_000L);
    progress.update(10, "");
    nanos.set(2_000_000_000L);
    progress.update(30, "");
    progress.close();
    assertThat(written().chars().filter(c -> c == '\n').count()).isEqualTo(1);
    assertThat(written()).contains("\rtraining: 30 of 100 steps (30 %), 15/s, 5 s left");
  }

  @Test
  void whatIsDoneNeverGoesBackNorBeyondTheTotal() {
    Progress progress = progress(true);
    long[] told = {60, 23, 61, 0, 140};
    for (int i = 0; i < told.length; i++) {
      nanos.set((i + 1) * 1_000_000_000L);
      progress.update(told[i], "");
    }
    progress.close();
    assertThat(
            Pattern.compile("(\\d+) of 100")
                .matcher(written())
                .results()
                .map(found -> Integer.valueOf(found.group(1))))
        .containsExactly(60, 60, 61, 61, 100);
    assertThat(written()).contains("training: 100 steps in");
  }

  @Test
  void durationsReadAsPeopleSayThem() {
    assertThat(Progress.duration(41.4)).isEqualTo("41 s");
    assertThat(Progress.duration(185)).isEqualTo("3 min 05 s");
    assertThat(Progress.duration(7800)).isEqualTo("2 h 10 min");
  }
}
