package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.Test;

class RequestLogTest {
  @Test
  void requestsAreLoggedWithNumbersAndWithoutText() {
    Lines lines = new Lines();
    LoggerContext context = (LoggerContext) LogManager.getContext(false);
    LoggerConfig logger = context.getConfiguration().getLoggerConfig("org.dure.serving");
    logger.addAppender(lines, Level.INFO, null);
    logger.setLevel(Level.INFO);
    context.updateLoggers();
    try (TestServer server = new TestServer(ClientServer.french())) {
      server.post(
          "/v1/completions",
          CompletionsTest.json(
              "'model': 'fr', 'prompt': 'Au village', 'temperature': 0, 'max_tokens': 30, 'user': 'Anne'"));
      server.post("/v1/completions", CompletionsTest.json("'model': 'Secret', 'prompt': 'Secret'"));
      TestServer.await("two lines", () -> lines.texts.size() >= 2);
    } finally {
      logger.removeAppender(lines.getName());
      logger.setLevel(Level.OFF);
      context.updateLoggers();
    }
    assertThat(lines.texts.getFirst())
        .matches(
            "POST /v1/completions 200 \\d+ms req_\\w+ model=fr prompt=5 completion=30 finish=length");
    assertThat(lines.texts.get(1)).matches("POST /v1/completions 404 \\d+ms req_\\w+");
    assertThat(String.join("\n", lines.texts))
        .doesNotContain("village", "chacun", "Anne", "Secret");
  }

  private static final class Lines extends AbstractAppender {
    final List<String> texts = new CopyOnWriteArrayList<>();

    Lines() {
      super("lines", null, null, true, Property.EMPTY_ARRAY);
      start();
    }

    @Override
    public void append(LogEvent event) {
      texts.add(event.getMessage().getFormattedMessage());
    }
  }
}
