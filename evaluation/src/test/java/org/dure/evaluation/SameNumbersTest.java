package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Document;
import org.dure.core.Seeded;
import org.dure.core.Workload;
import org.junit.jupiter.api.Test;

/// Two measures of one model on one text are the same to the last bit, whichever build made them.
class SameNumbersTest {
  private static final Workload.Activity QUIET = (doing, done, total) -> {};

  @Test
  void theNumbersAreThoseThatEarlierBuildsGave() {
    SplittableRandom random = new SplittableRandom(7);
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      String text = Seeded.text(random, random.nextInt(0, 90));
      documents.add(new Document("page" + i / 3 + "#" + i, "ko", text, "test", "CC0-1.0"));
    }

    BitsPerByte narrow = BitsPerByte.measure(new ByteModel(32), documents, QUIET);
    BitsPerByte wide = BitsPerByte.measure(new ByteModel(64), documents, QUIET);
    BitsPerByte some = BitsPerByte.measure(new ByteModel(64), documents, 100, QUIET);

    assertThat(Comparison.of("ko", narrow, wide, narrow, 5).scores().toString())
        .isEqualTo(
            "{start=8.40122368406033, start.low=8.393550071920453, start.high=8.409137786931817,"
                + " end=8.40122368406033, end.low=8.393550071920453, end.high=8.409137786931817,"
                + " twin=8.40122368406033, twin.low=8.393550071920453, twin.high=8.409137786931817,"
                + " difference=0.0, difference.low=0.0, difference.high=0.0, pages=300.0,"
                + " documents=889.0, bytes=106126.0, tokens=106126.0, heldOutDocuments=889.0}");
    assertThat(some.interval(3).toString())
        .isEqualTo(
            "Interval[value=8.398048311685795, low=8.378044102201464, high=8.418431794048521]");
  }
}
