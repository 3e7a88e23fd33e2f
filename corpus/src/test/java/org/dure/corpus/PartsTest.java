package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.Seeded;
import org.dure.core.Stage;
import org.dure.core.Verdict;
import org.dure.corpus.read.Candidate;
import org.junit.jupiter.api.Test;

class PartsTest {
  private static Candidate candidate(int number) {
    String text = "x".repeat(number % 700);
    return new Candidate(new Document("" + number, "xx", text, "s", "l"), Optional.empty());
  }

  @Test
  void verdictsComeInTheOrderOfTheCandidates() {
    SplittableRandom random = Seeded.random("verdictsComeInTheOrderOfTheCandidates");
    int spin = random.nextInt(1_000);
    Stage slow =
        document -> {
          int number = Integer.parseInt(document.id());
          for (int i = 0; i < (number * 31 % 7) * spin; i++) {
            Thread.onSpinWait();
          }
          return Verdict.keep(document);
        };
    List<String> ids = new ArrayList<>();
    try (OrderedExecutor executor =
        new OrderedExecutor(slow, 4, judged -> ids.add(judged.candidate().document().id()))) {
      IntStream.range(0, 5_000).mapToObj(PartsTest::candidate).forEach(executor::add);
      executor.finish();
    }
    assertThat(ids).isEqualTo(IntStream.range(0, 5_000).mapToObj(Integer::toString).toList());
  }

  @Test
  void longIdsCountAmongWhatIsUnderWay() {
    String id = "i".repeat(1 << 20);
    Document document = new Document(id, "xx", "x", "s", "l");
    try (OrderedExecutor executor = new OrderedExecutor(Verdict::keep, 2, judged -> {})) {
      for (int i = 0; i < 100; i++) {
        executor.add(new Candidate(document, Optional.empty()));
        assertThat(executor.characters())
            .isGreaterThanOrEqualTo(1 << 20)
            .isLessThanOrEqualTo(OrderedExecutor.MOST_CHARACTERS);
      }
      executor.finish();
    }
  }

  @Test
  void aStageThatFailsEndsTheRun() {
    Stage failing =
        document -> {
          throw new IllegalStateException("broken stage");
        };
    try (OrderedExecutor executor = new OrderedExecutor(failing, 2, judged -> {})) {
      executor.add(candidate(1));
      assertThatThrownBy(executor::finish)
          .isInstanceOf(DureException.class)
          .hasMessageContaining("broken stage");
    }
  }
}
