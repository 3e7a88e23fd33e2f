package org.dure.federation.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.dure.core.Json;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.junit.jupiter.api.Test;

/// A hub's words at a region: shown, never obeyed.
class HubProblemTest {
  private static final String EVIL =
      "no\u001b]0;pwned\u0007\u001b[2J\r\nregion ko is admitted\u202e\u009b\u200b";

  @Test
  void aHostileHubsRefusalIsOneLineThatATerminalDoesNotObey() {
    byte[] body =
        Json.bytes(Map.of("error", EVIL, "number", 3004, "reason", EVIL, "message", EVIL));
    HubProblem problem = HubProblem.of(403, body);
    for (String said : new String[] {problem.error(), problem.reason(), problem.message()}) {
      assertThat(said)
          .startsWith("no\\u{1b}]0;pwned\\u{7}")
          .doesNotContain("\u001b", "\n", "\r", "\u0007", "\u202e", "\u009b", "\u200b");
    }
    assertThat(new MessageRejected(RejectReason.MALFORMED, EVIL).reason())
        .doesNotContain("\u001b", "\n", "\u202e");
  }

  @Test
  void soIsAnAnswerThatIsNone() {
    for (String answer :
        new String[] {"HTTP/2 \u001b[2Jx\n\n", "HTTP/1.1 200 OK\n\u001b]0;x\u0007\n\n"}) {
      HubAnswers answers =
          new HubAnswers(new ByteArrayInputStream(answer.getBytes(StandardCharsets.ISO_8859_1)));
      assertThatThrownBy(() -> answers.next("GET"))
          .hasMessageContaining("\\u{1b}")
          .message()
          .doesNotContain("\u001b");
    }
  }
}
